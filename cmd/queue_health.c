/*
 * sp-queue health: whether the runs of an account go well. queue_health_print.c
 * prints it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "db/runs.h"
#include "db/statements.h"
#include "http/error.h"
#include "json/utf8.h"
#include "local_time.h"
#include "queue_health.h"
#include "spotify/denial.h"

#define GRACE CLOCK_DAY		       /* by which a job may be late */
#define LONG_BLOCK (6 * CLOCK_HOUR)    /* beyond a job's interval */
#define LOGIN_WARNING (14 * CLOCK_DAY) /* before the login ends */

/* Replace control characters, and what is no UTF-8, such as a cut character. */
static void make_printable(char *text)
{
	const char *end = text + strlen(text);
	char *to = text;

	for (const char *p = text; p < end;) {
		unsigned code;
		size_t n = utf8_length(p, end);

		if (n > 0 && !utf8_control(p, end, &code)) {
			memmove(to, p, n);
			to += n;
		} else
			*to++ = '?';
		p += n > 0 ? n : 1;
	}
	*to = '\0';
}

__attribute__((format(printf, 3, 4))) static void add_reason(
    struct health *h, int status, const char *fmt, ...)
{
	struct health_reason *r = h->reasons;
	va_list ap;

	if (h->reason_count == HEALTH_REASONS_MAX)
		return;
	if (status == EX_NOPERM)
		memmove(r + 1, r, h->reason_count * sizeof(*r));
	else
		r += h->reason_count;
	h->reason_count++;
	r->status = status;
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	/* It may quote a server, and is one line. */
	make_printable(r->text);
}

/* A stored time as Unix ms; 0 for NULL. */
static int64_t time_at(struct query *q, int column)
{
	int64_t ms;

	return clock_parse(query_text(q, column), &ms) ? ms : 0;
}

static void prepare(
    struct health *h, struct query *q, const struct sql *sql, const char *job)
{
	query_prepare(q, h->db, sql);
	if (query_has(q, ":job"))
		query_bind_text(q, ":job", slice_of(job));
	if (query_has(q, ":account"))
		query_bind_text(
		    q, ":account", slice_of(h->options->plan.account));
	if (query_has(q, ":user"))
		query_bind_text(q, ":user", buf_slice(&h->plan.user));
	if (query_has(q, ":since"))
		query_bind_time(q, ":since", h->since);
	if (query_has(q, ":ended"))
		query_bind_time(q, ":ended", h->plan.now - RUN_LASTS);
	query_step(q);
}

static void finish(struct health *h, struct query *q)
{
	if (query_finish(q) != SQLITE_OK)
		database_die(h->db, "cannot read the database");
}

/*
 * Add why a run could not use the login, unless another run said so. Only for
 * some reasons it helps to log in: others are about the app or its user.
 */
static void add_denial(struct health *h, const char *why)
{
	bool helps = strstr(why, ERROR_NOT_LOGGED_IN) ||
		     strstr(why, DENIAL_LOG_IN_AGAIN);

	for (size_t i = 0; i < h->reason_count; i++)
		if (strcmp(h->reasons[i].text, why) == 0)
			return;
	add_reason(h, helps ? EX_NOPERM : EX_REFUSED, "%s", why);
}

/* The login: what its last run says, and when it ends. */
static void check_login(struct health *h)
{
	const struct plan_options *o = &h->options->plan;
	char day[LOCAL_TIME_TEXT];
	struct query q;
	int64_t left;

	prepare(h, &q, &sql_health_of_login, NULL);
	h->login_ends = time_at(&q, 0);
	h->first_run = time_at(&q, 1);
	left = h->login_ends - h->plan.now;
	if (query_int(&q, 2) == EX_NOPERM)
		add_denial(h, query_string(&q, 3));
	else if (h->login_ends && left <= 0)
		add_reason(h, EX_NOPERM,
		    "the login of account '%s' ended on %s: run `sp-fetch login`",
		    o->account, local_time_day(h->login_ends, day));
	finish(h, &q);
	if (!h->first_run)
		add_reason(h, EX_REFUSED,
		    "account '%s' had no run yet: run `sp-run`", o->account);
	if (h->login_ends && left > 0 && left <= LOGIN_WARNING)
		add_reason(h, EX_REFUSED,
		    "the login of account '%s' ends on %s: run `sp-fetch login`",
		    o->account, local_time_day(h->login_ends, day));
}

/* A job is late if it is due, and was so a day ago. */
static bool is_late(const struct health *h, const struct job_health *j)
{
	int64_t last = j->completed ? j->completed : h->first_run;

	return j->status.due && h->first_run &&
	       h->plan.now - last > j->job->interval + GRACE;
}

/* Plays are lost if their job has to wait for much longer than its interval. */
static bool is_blocked_long(const struct health *h, const struct job_health *j)
{
	return j->blocked_until - h->plan.now > j->job->interval + LONG_BLOCK;
}

static void add_late(struct health *h, const struct job_health *j)
{
	const char *name = j->job->name;
	const char *blocked = j->blocked_until ? "blocked until " : "";
	char day[LOCAL_TIME_TEXT], until[LOCAL_TIME_TEXT] = "";

	/* No time from now: the line changes only with its reasons. */
	if (j->blocked_until)
		local_time_format(j->blocked_until, until);

	if (!j->late)
		add_reason(h, EX_REFUSED, "%s: %s%s", name, blocked, until);
	else if (j->completed)
		add_reason(h, EX_REFUSED, "%s: last complete run on %s%s%s%s",
		    name, local_time_day(j->completed, day),
		    *blocked ? ", " : "", blocked, until);
	else
		add_reason(h, EX_REFUSED, "%s: no complete run yet%s%s%s", name,
		    *blocked ? ", " : "", blocked, until);
}

static void note_failure(
    struct health *h, struct job_health *j, int64_t status, const char *why)
{
	if (status != EX_NOPERM)
		snprintf(j->failure, sizeof(j->failure), "%s", why);
	else if (!strstr(why, ERROR_NOT_LOGGED_IN)) /* see check_login */
		add_denial(h, why);
}

/* Add why runs failed, once for the jobs that failed for the same reason. */
static void add_failures(struct health *h)
{
	for (size_t i = 0; i < h->job_count; i++) {
		const char *why = h->jobs[i].failure;
		struct buf names = BUF_INIT(1024);

		for (size_t k = 0; *why && k < h->job_count; k++)
			if (strcmp(h->jobs[k].failure, why) == 0) {
				buf_printf(&names, "%s%s", names.n ? ", " : "",
				    h->jobs[k].job->name);
				if (k > i)
					*h->jobs[k].failure = '\0';
			}
		if (*why)
			add_reason(h, EX_REFUSED, "%s: the last run failed: %s",
			    buf_message(&names), why);
		buf_release(&names);
	}
}

/* A job: when it last completed, and whether its last run failed. */
static void check_job(struct health *h, const struct job *job)
{
	struct job_health *j = &h->jobs[h->job_count++];
	struct query q;
	bool ended, failed;

	j->job = job;
	if (job_find_status(h->db, job, &h->options->plan, &j->status) !=
	    SQLITE_OK)
		database_die(h->db, "cannot determine which jobs are due");
	if (!clock_parse(slice_of(j->status.until), &j->blocked_until))
		j->blocked_until = 0;
	prepare(h, &q, &sql_health_of_job, job->name);
	j->completed = time_at(&q, 0);
	ended =
	    query_int(&q, 2) != 0 || time_at(&q, 1) < h->plan.now - RUN_LASTS;
	failed = slice_is(query_text(&q, 3), "failed") && ended;
	if (failed)
		note_failure(h, j, query_int(&q, 5), query_string(&q, 4));
	finish(h, &q);
	j->late = is_late(h, j);
	if (j->late || is_blocked_long(h, j))
		add_late(h, j);
}

/* Add a reason for a count that is not 0. */
static void add_count(
    struct health *h, int64_t n, const char *one, const char *many)
{
	if (n > 0)
		add_reason(
		    h, EX_REFUSED, "%" PRId64 " %s", n, n == 1 ? one : many);
}

static void check_counts(struct health *h)
{
	struct query q;

	prepare(h, &q, &sql_health_counts, NULL);
	h->gaps = query_int(&q, 0);
	h->refused = query_int(&q, 1);
	h->failed = query_int(&q, 2);
	h->unloaded = query_int(&q, 3);
	finish(h, &q);
	add_count(h, h->unloaded, "capture is not loaded: see sp-stage runs",
	    "captures are not loaded: see sp-stage runs");
	add_count(h, h->gaps,
	    "gap in which plays may be missing: see play_gaps",
	    "gaps in which plays may be missing: see play_gaps");
	add_count(h, h->refused, "record was refused: see ingest_errors",
	    "records were refused: see ingest_errors");
}

int health_status(const struct health *h)
{
	return h->reason_count ? h->reasons[0].status : 0;
}

int queue_health(const struct queue_options *o)
{
	struct health h = {.options = o};
	int status;

	h.db = database_open(o->db, DB_READ);
	plan_init(&h.plan, h.db, NULL, &o->plan);
	h.since = o->since >= 0 ? o->since : h.plan.now - 7 * CLOCK_DAY;
	check_login(&h);
	for (const struct job *const *j = jobs;
	     *j && h.job_count < HEALTH_JOBS_MAX; j++)
		check_job(&h, *j);
	add_failures(&h);
	check_counts(&h);
	status = health_status(&h);
	if (o->form == LISTING_JSON)
		health_print_json(&h);
	else if (o->prometheus)
		health_print_prometheus(&h);
	else
		health_print_line(&h);
	if (plan_finish(&h.plan) != SQLITE_OK)
		database_die(h.db, "cannot read the database");
	db_close(h.db);
	return o->prometheus ? 0 : status;
}
