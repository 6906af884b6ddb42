#include <stdio.h>

#include "base/array.h"
#include "database.h"
#include "db/statements.h"
#include "listing.h"
#include "plan/jobs.h"
#include "queue.h"

/* A query, the type of its records, and its table. */
struct listed_query {
	const struct sql *sql;
	const char *type;
	struct listing_layout layout;
};

static const struct listed_query status_parts[] = {
    {&sql_status_of_refusals, "refusal",
	{.title = "Refused by the API, and not requested for a while",
	    .empty = "No request is refused by the API.",
	    .columns = {{"endpoint", NULL, LISTING_PLAIN, 0, 0},
		{"status", NULL, LISTING_PLAIN, 0, 0},
		{"subjects", NULL, LISTING_PLAIN, 3, 0},
		{"last_refused", NULL, LISTING_TIME, 2, 0},
		{"retry_at", "retry", LISTING_UNTIL, 1, 0},
		{"reason", NULL, LISTING_NOTE, 0, 0}}}},
    {&sql_status_of_runs, "ingest_run",
	{.title = "Last runs",
	    .empty = "There are no runs yet.",
	    .columns = {{"run_id", "run", LISTING_RUN, 0, 0},
		{"job", NULL, LISTING_PLAIN, 0, 0},
		{"started_at", "started", LISTING_TIME, 2, 0},
		{"status", NULL, LISTING_PLAIN, 1, 0},
		{"inserted", NULL, LISTING_PLAIN, 3, 0},
		{"refused", NULL, LISTING_PLAIN, 4, 0},
		{"reason", "note", LISTING_NOTE, 0, 0}}}},
    {&sql_status_of_account, "account",
	{.title = "Account",
	    .empty = "This account has fetched nothing yet.",
	    .columns = {{"account", NULL, LISTING_PLAIN, 0, 0},
		{"user_id", "user", LISTING_PLAIN, 0, 8},
		{"last_updated", "last used", LISTING_TIME, 1, 0},
		{"scopes", NULL, LISTING_NOTE, 0, 0}}}}};

static const struct listed_query queue_part = {&sql_list_queue, "queued",
    {.empty = "The queue is empty.",
	.columns = {{"playlist_id", "playlist", LISTING_PLAIN, 0, 0},
	    {"detected_at", "detected", LISTING_TIME, 2, 0},
	    {"played_at", "played", LISTING_TIME, 1, 0},
	    {"user_id", "user", LISTING_PLAIN, 3, 8}}}};

static const struct listing_layout count_layout = {
    .columns = {{"playlists", NULL, LISTING_PLAIN, 0, 0}}};

/* List the rows of a query, of the account if it has that parameter. */
static void list_query(
    sqlite3 *db, const struct queue_options *o, const struct listed_query *part)
{
	struct query q;

	query_prepare(&q, db, part->sql);
	if (query_has(&q, ":account"))
		query_bind_text(&q, ":account", slice_of(o->plan.account));
	database_list(&q, part->type, listing_is_table(o->form), &part->layout);
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
	listing_count(l, s.waiting);
	listing_count(l, s.days);
	listing_text(l, text_or_null(s.until));
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot read the database");
}

static void list_jobs(sqlite3 *db, const struct queue_options *o)
{
	static const char *const names[] = {"job", "state", "last_complete",
	    "last_run", "waiting", "days", "blocked_until"};
	static const struct listing_layout layout = {.title = "Jobs",
	    .columns = {{"job", NULL, LISTING_PLAIN, 0, 0},
		{"state", NULL, LISTING_PLAIN, 0, 0},
		{"last_complete", "completed", LISTING_TIME, 1, 0},
		{"last_run", NULL, LISTING_PLAIN, 3, 0},
		{"blocked_until", "blocked", LISTING_UNTIL, 2, 0},
		{"waiting", NULL, LISTING_PLAIN, 4, 0},
		{"days", NULL, LISTING_PLAIN, 5, 0}}};
	struct listing l;

	listing_begin(&l, "job_status", listing_is_table(o->form), &layout,
	    names, COUNT_OF(names));
	for (const struct job *const *j = jobs; *j; j++)
		list_job(&l, db, *j, &o->plan);
	listing_end(&l);
}

int queue_status(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ);

	list_jobs(db, o);
	for (size_t i = 0; i < COUNT_OF(status_parts); i++) {
		if (listing_is_table(o->form))
			putchar('\n');
		list_query(db, o, &status_parts[i]);
	}
	db_close(db);
	return 0;
}

int queue_list(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ);

	list_query(db, o, &queue_part);
	db_close(db);
	return 0;
}

/* A number alone, as wc prints it, unless a form is asked for. */
int queue_count(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ);
	struct query q;

	query_prepare(&q, db, &sql_count_queue);
	if (o->form != LISTING_AUTO)
		database_list(
		    &q, "count", o->form == LISTING_TABLE, &count_layout);
	else if (query_step(&q))
		printf("%lld\n", (long long)query_int(&q, 0));
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot count the queue");
	db_close(db);
	return 0;
}
