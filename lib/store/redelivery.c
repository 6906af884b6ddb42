#include "store/redelivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "store/db.h"
#include "store/runs.h"

/* The reason of a run that is left to a person. */
#define GIVEN_UP "'its captures were not loaded: sp-stage replay sends them'"

/*
 * SQL: of the redeliveries that were sent together, the first that did not
 * load, unless a program is still at work on it.
 */
#define BLAMED                                                     \
	"blamed as materialized (select min(i.run_id) as run_id, " \
	"i.started_at from ingest_runs i "                         \
	"where i.replay_of is not null and " STORE_RUN_UNLOADED    \
	" group by i.started_at having not process_runs(i.process)) "

/* Whether the last attempts loaded nothing, and no run is marked for it. */
static const char halted[] =
    "with " BLAMED "select count(*) >= ?1, "
    "not exists (select 1 from ingest_runs i where " STORE_RUN_UNLOADED
    " and i.reason = " GIVEN_UP ") from blamed "
    "where started_at > coalesce((select max(i.ended_at) "
    "from ingest_runs i where " STORE_RUN_LOADED "), '')";

/*
 * The runs that nobody is at work on, nor on a redelivery of them; the last
 * capture of each, and how often it was to blame.
 */
static const char waiting[] =
    "with " BLAMED
    ", busy as materialized (select distinct i.started_at from ingest_runs i "
    "where i.replay_of is not null and " STORE_RUN_UNLOADED
    " and process_runs(i.process)), "
    "staged as materialized (select i.run_id, i.user_id, "
    "(select max(capture_id) from staging_raw s where s.run_id = i.run_id) "
    "as until from ingest_runs i where " STORE_RUN_UNLOADED
    " and i.account is not null and i.run_id <> ?1 "
    "and not process_runs(i.process)) "
    "select run_id, user_id, until, (select count(*) from ingest_runs i "
    "join blamed using (run_id) where i.replay_of = staged.run_id) as attempts "
    "from staged where until > coalesce((select max(i.replay_until) "
    "from ingest_runs i where i.replay_of = staged.run_id "
    "and " STORE_RUN_LOADED "), 0) "
    "and not exists (select 1 from ingest_runs i join busy using (started_at) "
    "where i.replay_of = staged.run_id and " STORE_RUN_UNLOADED ") "
    "order by attempts, run_id";

/* For SQL: whether a process runs, by its name. */
static void process_runs(
    sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *name = (const char *)sqlite3_value_text(values[0]);

	(void)count;
	sqlite3_result_int(context, name && os_process_runs(name));
}

static char *copy(sqlite3_stmt *s, int column)
{
	return mem_string((const char *)sqlite3_column_text(s, column));
}

static void add(struct redelivery *r, sqlite3_stmt *s)
{
	r->runs = mem_resize(r->runs, r->count + 1, sizeof(*r->runs));
	r->runs[r->count++] = (struct waiting_run){.id = copy(s, 0),
	    .user = copy(s, 1),
	    .until = sqlite3_column_int64(s, 2),
	    .attempts = sqlite3_column_int64(s, 3)};
}

static int find_waiting(struct redelivery *r, sqlite3 *db, struct slice but)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db, waiting, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, but);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		add(r, s);
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int find_halted(struct redelivery *r, sqlite3 *db)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db, halted, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int(s, 1, REDELIVERY_ATTEMPTS);
	rc = sqlite3_step(s);
	r->halted = rc == SQLITE_ROW && sqlite3_column_int(s, 0);
	r->halt_is_news = r->halted && sqlite3_column_int(s, 1);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Put on record, as failed so far, what is to be sent. */
static int record(struct redelivery *r, sqlite3 *db, int64_t now)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < r->count && rc == SQLITE_OK; i++) {
		struct waiting_run *w = &r->runs[i];
		struct store_run run = {.job = SLICE("replay"),
		    .user = slice_of(w->user),
		    .replay_of = slice_of(w->id),
		    .replay_until = w->until,
		    .started_at = slice_of(r->started_at)};

		if (w->attempts >= REDELIVERY_ATTEMPTS)
			continue;
		/* Ids that are later each time are in order. */
		if (!ulid_make(now + (int64_t)i, w->sent_as))
			return SQLITE_ERROR;
		run.id = slice_of(w->sent_as);
		rc = store_run_seen(db, &run);
	}
	return rc;
}

int redelivery_plan(struct redelivery *r, sqlite3 *db, struct slice but)
{
	int64_t now = clock_now();
	int rc;

	*r = (struct redelivery){.runs = NULL};
	if (!clock_format(now, r->started_at))
		return SQLITE_ERROR;
	rc = sqlite3_create_function(
	    db, "process_runs", 1, SQLITE_UTF8, NULL, process_runs, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = find_halted(r, db);
	if (rc != SQLITE_OK || (r->halted && !r->halt_is_news))
		return rc;
	rc = find_waiting(r, db, but);
	return rc != SQLITE_OK || r->halted ? rc : record(r, db, now);
}

void redelivery_release(struct redelivery *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->runs[i].id);
		free(r->runs[i].user);
	}
	free(r->runs);
	*r = (struct redelivery){.runs = NULL};
}

int redelivery_give_up(sqlite3 *db, const struct waiting_run *w, bool *news)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "update ingest_runs set reason = " GIVEN_UP
	    " where run_id = ? and reason is not " GIVEN_UP,
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, slice_of(w->id));
	rc = store_finish(s, sqlite3_step(s));
	*news = rc == SQLITE_OK && sqlite3_changes(db) > 0;
	return rc;
}
