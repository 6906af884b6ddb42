#include "plan/budget.h"

#include "db/statements.h"

/* How fast the API let us ask, and how long the requests will take so. */
static int find_pace(struct budget *b, sqlite3 *db, const char *account)
{
	struct query q;

	query_prepare(&q, db, &sql_pace_of_runs);
	query_bind_text(&q, ":account", slice_of(account));
	if (query_step(&q))
		b->pace = query_real(&q, 0);
	if (b->pace > 0)
		b->seconds = (int64_t)((double)b->requests / b->pace + 0.99);
	return query_finish(&q);
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
