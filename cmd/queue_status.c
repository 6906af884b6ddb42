#include <stdio.h>

#include "base/array.h"
#include "database.h"
#include "db/statements.h"
#include "listing.h"
#include "plan/jobs.h"
#include "queue.h"

/* List the rows of a query, of the account if it has that parameter. */
static void list_query(sqlite3 *db, const struct queue_options *o,
    const struct sql *sql, const char *type)
{
	struct query q;

	query_prepare(&q, db, sql);
	if (query_has(&q, ":account"))
		query_bind_text(&q, ":account", slice_of(o->plan.account));
	database_list(&q, type, o->table);
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot read the database");
}

static struct slice text_or_null(const char *text)
{
	return *text ? slice_of(text) : (struct slice){NULL, 0};
}

static void list_job(struct listing *l, sqlite3 *db, const struct job *job,
    const struct plan_options *options)
{
	struct job_status s;
	struct query q;

	if (job_find_status(db, job, options, &s) != SQLITE_OK)
		database_die(db, "cannot determine which jobs are due");
	query_prepare(&q, db, &sql_last_runs_of_job);
	query_bind_text(&q, ":job", slice_of(job->name));
	query_bind_text(&q, ":account", slice_of(options->account));
	query_step(&q);
	listing_text(l, slice_of(job->name));
	listing_text(l, slice_of(s.due	     ? "due"
				 : s.refused ? "refused"
					     : "fresh"));
	listing_text(l, query_text(&q, 0));
	listing_text(l, query_text(&q, 1));
	if (s.waiting < 0)
		listing_text(l, (struct slice){NULL, 0});
	else
		listing_int(l, s.waiting);
	if (s.days < 0)
		listing_text(l, (struct slice){NULL, 0});
	else
		listing_int(l, s.days);
	listing_text(l, text_or_null(s.until));
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot read the database");
}

static void list_jobs(sqlite3 *db, const struct queue_options *o)
{
	static const char *const names[] = {"job", "state", "last_complete",
	    "last_run", "waiting", "days", "blocked_until"};
	struct listing l;

	listing_begin(&l, "job_status", o->table, names, COUNT_OF(names));
	for (const struct job *const *j = jobs; *j; j++)
		list_job(&l, db, *j, &o->plan);
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
	sqlite3 *db = database_open(o->db, DB_READ);

	list_jobs(db, o);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (o->table)
			putchar('\n');
		list_query(db, o, parts[i].sql, parts[i].type);
	}
	db_close(db);
	return 0;
}

int queue_list(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ);

	list_query(db, o, &sql_list_queue, "queued");
	db_close(db);
	return 0;
}

int queue_count(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ);
	struct query q;

	query_prepare(&q, db, &sql_count_queue);
	if (query_step(&q))
		printf("%lld\n", (long long)query_int(&q, 0));
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot count the queue");
	db_close(db);
	return 0;
}
