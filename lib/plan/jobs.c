#include "plan/jobs.h"

#include <string.h>

#include "db/statements.h"
#include "plan/deadlines.h"
#include "spotify/endpoint.h"

const struct job *const jobs[] = {&job_play_history, &job_playlists,
    &job_audio_features, &job_profile, &job_catalogue, NULL};

const struct job *job_named(const char *name)
{
	for (const struct job *const *j = jobs; *j; j++)
		if (!strcmp((*j)->name, name))
			return *j;
	return NULL;
}

/* How many of the last complete runs, in a row, had captures refused. */
static int count_refused_runs(struct plan *p)
{
	struct query q;
	int n = 0;

	plan_query(p, &q, &sql_were_runs_refused, 0);
	while (query_step(&q) && query_int(&q, 0))
		n++;
	plan_end_query(p, &q);
	return n;
}

/* The time between runs, ms; exponential backoff while they are refused. */
static int64_t find_interval(struct plan *p)
{
	int n = count_refused_runs(p);
	int64_t backoff = n > 0 ? CLOCK_HOUR << (n - 1) : INT64_MAX;

	return backoff < p->job->interval ? backoff : p->job->interval;
}

static bool is_due(struct plan *p)
{
	bool fresh = plan_count(p, &sql_has_job_completed, find_interval(p));

	if (fresh && !(p->job->urgent && plan_count(p, p->job->urgent, 0)))
		return false;
	plan_run(p, NULL);
	return p->requests > 0 || (p->outcome.exit != 0 && !p->job->background);
}

int job_is_due(sqlite3 *db, const struct job *job,
    const struct plan_options *options, bool *due)
{
	struct plan p;

	plan_init(&p, db, job, options);
	*due = is_due(&p);
	return plan_finish(&p);
}

int job_find_status(sqlite3 *db, const struct job *job,
    const struct plan_options *options, struct job_status *s)
{
	struct buf names = BUF_INIT(4096);
	struct plan p;

	plan_init(&p, db, job, options);
	*s = (struct job_status){.waiting = -1, .days = -1};
	s->refused = count_refused_runs(&p) > 0;
	if (job->waiting)
		s->waiting = job->waiting(&p, &s->days);
	endpoints_put_of_job(job->name, &names);
	if (p.rc == SQLITE_OK)
		plan_fail(&p, deadlines_find(db, buf_slice(&p.user),
				  buf_cstr(&names), p.now, s->until));
	s->due = is_due(&p);
	buf_release(&names);
	return plan_finish(&p);
}
