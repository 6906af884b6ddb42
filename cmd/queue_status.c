#include <stdio.h>

#include "base/array.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "listing.h"
#include "queue.h"

/* List a query; `:account`, if it has that, is the account. */
static void list_query(sqlite3 *db, const struct queue_options *o,
    const struct sql *sql, const char *type)
{
	struct query q;

	query_prepare(&q, db, sql);
	if (query_has(&q, ":account"))
		query_bind_text(&q, ":account", slice_of(o->plan.account));
	listing_query(&q, type, o->table || stdout_is_terminal());
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "read the database");
}

/* List what is due, how stale it is, and what holds it up. */
static int list_job(struct listing *l, sqlite3 *db, const struct job *job,
    const struct plan_options *options)
{
	struct buf until = BUF_INIT(4096);
	struct query q;
	int64_t waiting = -1;
	bool due = false, refused = false;

	query_prepare(&q, db, &sql_last_runs_of_job);
	query_bind_text(&q, ":job", slice_of(job->name));
	query_bind_text(&q, ":account", slice_of(options->account));
	query_step(&q);
	query_fail(&q, job_is_due(db, job, options, &due));
	query_fail(&q, job_was_refused(db, job, options, &refused));
	query_fail(&q, job_waiting(db, job, options, &waiting));
	query_fail(&q, job_blocked_until(db, job, options, &until));
	listing_text(l, slice_of(job->name));
	listing_text(l, slice_of(due ? "due" : refused ? "refused" : "fresh"));
	listing_text(l, query_text(&q, 0));
	listing_text(l, query_text(&q, 1));
	if (waiting < 0)
		listing_text(l, (struct slice){NULL, 0});
	else
		listing_int(l, waiting);
	listing_text(l, until.n ? buf_slice(&until) : (struct slice){NULL, 0});
	buf_release(&until);
	return query_finish(&q);
}

static void list_jobs(sqlite3 *db, const struct queue_options *o)
{
	static const char *const names[] = {"job", "state", "last_complete",
	    "last_run", "waiting", "blocked_until"};
	struct listing l;

	listing_begin(&l, "job_status", o->table || stdout_is_terminal(), names,
	    COUNT_OF(names));
	for (const struct job *j = jobs; j->name; j++)
		if (list_job(&l, db, j, &o->plan) != SQLITE_OK)
			database_die(db, "determine which jobs are due");
	listing_end(&l);
}

int queue_status(const struct queue_options *o)
{
	static const struct {
		const struct sql *sql;
		const char *type;
	} parts[] = {{&sql_status_of_refusals, "refusal"},
	    {&sql_status_of_runs, "ingest_run"},
	    {&sql_status_of_account, "account"}};
	bool people = o->table || stdout_is_terminal();
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);

	list_jobs(db, o);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (people)
			putchar('\n');
		list_query(db, o, parts[i].sql, parts[i].type);
	}
	db_close(db);
	return 0;
}

int queue_list(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);

	list_query(db, o, &sql_list_queue, "queued");
	db_close(db);
	return 0;
}

int queue_count(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);
	struct query q;

	query_prepare(&q, db, &sql_count_queue);
	if (query_step(&q))
		printf("%lld\n", (long long)query_int(&q, 0));
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "count the queue");
	db_close(db);
	return 0;
}
