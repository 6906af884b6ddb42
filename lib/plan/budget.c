#include "plan/budget.h"

#include "store/db.h"

/*
 * How fast the API let us ask: from the first capture to the last, in the
 * last five runs of the account that made several. Waits are in it.
 */
static const char pace[] =
    "with last as (select run_id from ingest_runs "
    "where account = ? and captures > 1 "
    "order by started_at desc, run_id desc limit 5), "
    "spans as (select count(*) - 1 as steps, 86400 * "
    "(julianday(max(fetched_at)) - julianday(min(fetched_at))) as seconds "
    "from staging_raw where run_id in last group by run_id) "
    "select sum(steps) / sum(seconds) from spans where seconds > 0";

static int find_pace(struct budget *b, sqlite3 *db, const char *account)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db, pace, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, slice_of(account));
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		b->pace = sqlite3_column_double(s, 0);
	if (b->pace > 0)
		b->seconds = (int64_t)((double)b->requests / b->pace + 0.99);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int budget_job(struct budget *b, sqlite3 *db, const struct job *job,
    const struct plan_options *options)
{
	struct plan p;
	int rc = plan_job(&p, db, job, options, NULL);

	*b = (struct budget){.planned = p.requests,
	    .requests = p.pages,
	    .unknown = p.unknown,
	    .outcome = p.outcome};
	plan_release(&p);
	return rc == SQLITE_OK ? find_pace(b, db, options->account) : rc;
}
