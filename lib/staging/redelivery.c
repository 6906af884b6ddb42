#include "staging/redelivery.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/os.h"
#include "db/runs.h"
#include "db/statements.h"
#include "json/json.h"

#define RUNNING_MAX ((size_t)1 << 24)

/* The reason of a run that is given up. */
#define GIVEN_UP \
	SLICE("its captures were not loaded: sp-stage replay sends them")

/* Put the processes of unloaded runs that still run, as a JSON array. */
static int put_running(sqlite3 *db, struct buf *running)
{
	struct query q;

	query_prepare(&q, db, &sql_unloaded_processes);
	buf_putc(running, '[');
	while (query_step(&q)) {
		if (!os_process_runs(query_string(&q, 0)))
			continue;
		if (running->n > 1)
			buf_putc(running, ',');
		json_put_string(running, query_text(&q, 0));
	}
	buf_putc(running, ']');
	if (running->failed)
		query_fail(&q, SQLITE_TOOBIG);
	return query_finish(&q);
}

static void add(struct redelivery *r, struct query *q)
{
	r->runs = mem_resize(r->runs, r->count + 1, sizeof(*r->runs));
	r->runs[r->count++] = (struct undelivered_run){
	    .id = mem_string(query_string(q, 0)),
	    .user = query_is_null(q, 1) ? NULL : mem_string(query_string(q, 1)),
	    .until = query_int(q, 2),
	    .attempts = query_int(q, 3)};
}

static int find_undelivered(
    struct redelivery *r, sqlite3 *db, struct slice but, struct slice running)
{
	struct query q;

	query_prepare(&q, db, &sql_runs_to_redeliver);
	query_bind_text(&q, ":but", but);
	query_bind_text(&q, ":running", running);
	while (query_step(&q))
		add(r, &q);
	return query_finish(&q);
}

static int find_halted(struct redelivery *r, sqlite3 *db, struct slice running)
{
	struct query q;

	query_prepare(&q, db, &sql_is_redelivery_halted);
	query_bind_int(&q, ":attempts", REDELIVERY_ATTEMPTS);
	query_bind_text(&q, ":reason", GIVEN_UP);
	query_bind_text(&q, ":running", running);
	r->halted = query_step(&q) && query_int(&q, 0);
	r->halt_is_news = r->halted && query_int(&q, 1);
	return query_finish(&q);
}

/* Insert the redeliveries into ingest_runs. */
static int insert(struct redelivery *r, sqlite3 *db, int64_t now)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < r->count && rc == SQLITE_OK; i++) {
		struct undelivered_run *w = &r->runs[i];
		struct run_record run = {.job = SLICE("replay"),
		    .user = slice_of(w->user),
		    .replay_of = slice_of(w->id),
		    .replay_until = w->until,
		    .started_at = slice_of(r->started_at)};

		if (w->attempts >= REDELIVERY_ATTEMPTS)
			continue;
		/* A later time each makes ids that are in order. */
		if (!ulid_make(now + (int64_t)i, w->sent_as))
			return SQLITE_ERROR;
		run.id = slice_of(w->sent_as);
		rc = runs_open(db, &run);
	}
	return rc;
}

int redelivery_plan(struct redelivery *r, sqlite3 *db, struct slice but)
{
	struct buf running = BUF_INIT(RUNNING_MAX);
	int64_t now = clock_now();
	int rc;

	*r = (struct redelivery){.runs = NULL};
	if (!clock_format(now, r->started_at))
		return SQLITE_ERROR;
	rc = put_running(db, &running);
	if (rc == SQLITE_OK)
		rc = find_halted(r, db, buf_slice(&running));
	if (rc == SQLITE_OK && (!r->halted || r->halt_is_news))
		rc = find_undelivered(r, db, but, buf_slice(&running));
	buf_release(&running);
	return rc != SQLITE_OK || r->halted ? rc : insert(r, db, now);
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

int redelivery_abandon(sqlite3 *db, const struct undelivered_run *w, bool *news)
{
	struct query q;
	int rc;

	query_prepare(&q, db, &sql_give_up_redelivery);
	query_bind_text(&q, ":run", slice_of(w->id));
	query_bind_text(&q, ":reason", GIVEN_UP);
	query_run(&q);
	rc = query_finish(&q);
	*news = rc == SQLITE_OK && sqlite3_changes(db) > 0;
	return rc;
}
