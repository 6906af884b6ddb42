#include <stdio.h>

#include "cli.h"
#include "database.h"
#include "listing.h"
#include "queue.h"
#include "store/db.h"

/* List a query; `:account`, if it has that, is the account. */
static void list_query(sqlite3 *db, const struct queue_options *o,
    const char *sql, const char *type)
{
	bool people = o->table || table_for_people();
	sqlite3_stmt *s;
	int account;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		database_die(db, "read the database");
	account = sqlite3_bind_parameter_index(s, ":account");
	if (account > 0)
		store_bind(s, account, slice_of(o->plan.account));
	if (listing_print(s, type, people) != SQLITE_DONE)
		database_die(db, "read the database");
	sqlite3_finalize(s);
}

#define NOW "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

/* What is due, how stale it is, and what holds it up. */
static const char status_of_jobs[] =
    "select name as job, case when due then 'due' when refused then 'refused' "
    "else 'fresh' end as state,"
    " (select max(ended_at) from ingest_runs where job = name "
    "and account = :account and status = 'complete' and ended_at <= " NOW
    ") as last_complete, "
    "(select status from ingest_runs where job = name "
    "and account = :account and started_at <= " NOW
    " order by started_at desc, run_id desc limit 1) as last_run, "
    "waiting, "
    "blocked_until from temp.job order by rowid";

/* What the API refused, and will not be asked again for a while. */
static const char status_of_refusals[] =
    "select endpoint, status, count(*) as subjects, "
    "max(endpoint_status.last_updated) as last_refused, "
    "max(retry_at) as retry_at, max(reason) as reason "
    "from endpoint_status join accounts using (user_id) "
    "where account = :account and (status in (403, 404, 429) or status >= 500) "
    "group by endpoint, status order by endpoint, status";

static const char status_of_runs[] =
    "select * from (select run_id as run, job, started_at, status, "
    "rows_inserted as new, refused, reason from ingest_runs "
    "where account = :account or account is null "
    "order by started_at desc, run_id desc limit 5) order by started_at, run";

/* Whose data it is, and what the login allows to ask for. */
static const char status_of_account[] =
    "select account, user_id, last_updated, scopes from accounts "
    "where account = :account";

/* Put down for SQL which jobs there are, what is due, and what waits. */
static void note_jobs(sqlite3 *db, const struct queue_options *o)
{
	struct buf until = BUF_INIT(4096);
	sqlite3_stmt *s;
	int64_t waiting;
	bool due, refused;

	if (store_exec(db, "create temp table job "
			   "(name, due, refused, waiting, blocked_until)") ||
	    sqlite3_prepare_v2(db,
		"insert into temp.job values "
		"(?, ?, ?, nullif(?, -1), nullif(?, ''))",
		-1, &s, NULL) != SQLITE_OK)
		database_die(db, "determine which jobs are due");
	for (const struct job *j = jobs; j->name; j++) {
		if (job_is_due(db, j, &o->plan, &due) != SQLITE_OK ||
		    job_was_refused(db, j, &o->plan, &refused) != SQLITE_OK ||
		    job_waiting(db, j, &o->plan, &waiting) != SQLITE_OK ||
		    job_blocked_until(db, j, &o->plan, &until) != SQLITE_OK)
			database_die(db, "determine which jobs are due");
		store_bind(s, 1, slice_of(j->name));
		sqlite3_bind_int(s, 2, due);
		sqlite3_bind_int(s, 3, refused);
		sqlite3_bind_int64(s, 4, waiting);
		store_bind(s, 5, buf_slice(&until));
		if (sqlite3_step(s) != SQLITE_DONE)
			database_die(db, "determine which jobs are due");
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	buf_release(&until);
}

int queue_status(const struct queue_options *o)
{
	bool people = o->table || table_for_people();
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);

	note_jobs(db, o);
	list_query(db, o, status_of_jobs, "job_status");
	if (people)
		putchar('\n');
	list_query(db, o, status_of_refusals, "refusal");
	if (people)
		putchar('\n');
	list_query(db, o, status_of_runs, "ingest_run");
	if (people)
		putchar('\n');
	list_query(db, o, status_of_account, "account");
	store_close(db);
	return 0;
}

int queue_list(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);

	list_query(db, o,
	    "select playlist_id, detected_at, played_at, user_id "
	    "from playlist_ingest_queue order by detected_at, playlist_id",
	    "queued");
	store_close(db);
	return 0;
}

int queue_count(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);
	sqlite3_int64 n =
	    store_int(db, "select count(*) from playlist_ingest_queue", -1);

	if (n < 0)
		database_die(db, "count the queue");
	printf("%lld\n", (long long)n);
	store_close(db);
	return 0;
}
