#include "plan/stops.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "store/db.h"

/* Of max(), SQLite takes the other columns from the row that has it. */
static const char query[] =
    "with recursive stopped as ("
    "select run_id from ingest_runs "
    "where user_id = :user and job = :job and status = 'deferred' "
    "and started_at > :stale_since and started_at <= :now "
    "and started_at > coalesce((select max(started_at) from ingest_runs "
    "where user_id = :user and job = :job and status != 'deferred' "
    "and started_at <= :now "
    "and coalesce(captures, 1) > 0), '')), "
    "pages as ("
    "select json_extract(extra_json, '$.page') as page, "
    "run_id || '/' || json_extract(extra_json, '$.request') as list, "
    "json_extract(extra_json, '$.list') as follows, "
    "substr(url, instr(url, '/v1/')) as path, "
    "json_type(extra_json, '$.next') as type, "
    "json_extract(extra_json, '$.next') as next, fetched_at "
    "from stopped join staging_raw using (run_id) "
    "where status between 200 and 299), "
    /* Those of chains whose first page is there, too. */
    "chains as (select list from pages where follows is null union "
    "select p.list from pages p join chains c on p.follows = c.list) "
    "select list, max(page), path, type, next, fetched_at "
    "from pages join chains using (list) where list not in "
    "(select follows from pages where follows is not null) "
    "group by list order by list desc";

static char *column(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text ? strdup(text) : NULL;
}

/* SQLITE_NOMEM if it does not fit any more. */
static int add(struct stops *stops, sqlite3_stmt *s)
{
	bool more = sqlite3_column_type(s, 4) == SQLITE_TEXT;
	struct stop *all =
	    realloc(stops->all, (stops->count + 1) * sizeof(*all));
	struct stop *stop;

	if (!all)
		return SQLITE_NOMEM;
	stops->all = all;
	stop = &all[stops->count++];
	*stop = (struct stop){.list = column(s, 0),
	    .page = sqlite3_column_int64(s, 1),
	    .url = column(s, 2),
	    .next = more ? column(s, 4) : NULL,
	    .told = sqlite3_column_type(s, 3) != SQLITE_NULL};
	clock_parse(
	    slice_of((const char *)sqlite3_column_text(s, 5)), &stop->at);
	if (!stop->list || !stop->url || (more && !stop->next))
		return SQLITE_NOMEM;
	return SQLITE_OK;
}

int stops_read(struct stops *stops, struct plan *p, const char *job)
{
	sqlite3_stmt *s;
	int rc = plan_prepare(p, query, STOPS_AGE, &s);

	*stops = (struct stops){.all = NULL};
	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, sqlite3_bind_parameter_index(s, ":job"), slice_of(job));
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if ((rc = add(stops, s)))
			break;
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void stops_release(struct stops *stops)
{
	for (size_t i = 0; i < stops->count; i++) {
		free(stops->all[i].url);
		free(stops->all[i].list);
		free(stops->all[i].next);
	}
	free(stops->all);
	*stops = (struct stops){.all = NULL};
}

/* Whether a page is of the chain: at its path, or a list's below it. */
static bool is_of(const char *page, const char *url)
{
	size_t n = strcspn(url, "?"), rest = strcspn(page, "?");

	if (rest < n || strncmp(page, url, n) != 0)
		return false;
	page += n;
	rest -= n;
	return rest == 0 || (rest == 6 && !strncmp(page, "/items", 6)) ||
	       (rest == 7 && !strncmp(page, "/tracks", 7));
}

const struct stop *stops_find(const struct stops *stops, const char *url)
{
	for (size_t i = 0; i < stops->count; i++)
		if (is_of(stops->all[i].url, url))
			return &stops->all[i];
	return NULL;
}
