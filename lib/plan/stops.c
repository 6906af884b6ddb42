#include "plan/stops.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/statements.h"
#include "plan/plan.h"

static void add(struct stops *stops, struct query *q)
{
	bool more = sqlite3_column_type(q->stmt, 4) == SQLITE_TEXT;
	struct stop *stop;

	stops->all =
	    mem_resize(stops->all, stops->count + 1, sizeof(*stops->all));
	stop = &stops->all[stops->count++];
	*stop = (struct stop){.list = mem_string(query_string(q, 0)),
	    .page = query_int(q, 1),
	    .url = mem_string(query_string(q, 2)),
	    .next = more ? mem_string(query_string(q, 4)) : NULL,
	    .told = !query_is_null(q, 3)};
	clock_parse(query_text(q, 5), &stop->at);
}

int stops_read(struct stops *stops, struct plan *p, const char *job)
{
	struct query q;

	*stops = (struct stops){.all = NULL};
	plan_query(p, &q, &sql_resumable_chains, STOPS_AGE);
	query_bind_text(&q, ":job", slice_of(job));
	while (query_step(&q))
		add(stops, &q);
	return query_finish(&q);
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
