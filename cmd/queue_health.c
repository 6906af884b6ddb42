/*
 * sp-queue health: whether the runs of an account go well, as a line, as JSON,
 * or as metrics for Prometheus.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "json/json.h"
#include "json/utf8.h"
#include "local_time.h"
#include "plan/jobs.h"
#include "queue.h"

#define JOBS_MAX 16
#define REASONS_MAX (2 * JOBS_MAX + 8)
#define GRACE CLOCK_DAY		       /* by which a job may be late */
#define RUN_LASTS CLOCK_HOUR	       /* longer than a run takes */
#define LOGIN_WARNING (14 * CLOCK_DAY) /* before the login ends */

struct job_health {
	const struct job *job;
	struct job_status status;
	int64_t completed; /* Unix ms; 0 for never */
	bool late;
};

struct reason {
	int status; /* EX_NOPERM or EX_REFUSED */
	char text[640];
};

struct health {
	const struct queue_options *options;
	sqlite3 *db;
	struct plan plan; /* of no job: for the user and the time */
	int64_t since;	  /* Unix ms: what is older does not count */
	struct job_health jobs[JOBS_MAX];
	size_t job_count;
	int64_t login_ends; /* Unix ms; 0 if that is unknown */
	int64_t first_run;  /* likewise; 0 for none */
	int64_t gaps, refused, failed, unloaded;
	struct reason reasons[REASONS_MAX]; /* the worst first */
	size_t reason_count;
};

/* --- What there is ------------------------------------------------------- */

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
	struct reason *r = &h->reasons[h->reason_count];
	va_list ap;

	if (h->reason_count == REASONS_MAX)
		return;
	h->reason_count++;
	r->status = status;
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	/* It may quote a server, and is one line. */
	make_printable(r->text);
}

/* The local day of a time; "" if it is out of range. */
static const char *day_of(int64_t ms, char text[LOCAL_TIME_TEXT])
{
	return local_time_day(ms, text) ? text : "";
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
	if (query_has(q, ":now"))
		query_bind_time(q, ":now", h->plan.now);
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
		add_reason(h, EX_NOPERM, "%s", query_string(&q, 3));
	else if (h->login_ends && left <= 0)
		add_reason(h, EX_NOPERM,
		    "the login of account '%s' ended on %s: run `sp-fetch login`",
		    o->account, day_of(h->login_ends, day));
	finish(h, &q);
	if (!h->first_run)
		add_reason(h, EX_REFUSED,
		    "account '%s' had no run yet: run `sp-run`", o->account);
	if (h->login_ends && left > 0 && left <= LOGIN_WARNING)
		add_reason(h, EX_REFUSED,
		    "the login of account '%s' ends on %s: run `sp-fetch login`",
		    o->account, day_of(h->login_ends, day));
}

/* A job is late if it is due, and was so a day ago. */
static bool is_late(const struct health *h, const struct job_health *j)
{
	int64_t last = j->completed ? j->completed : h->first_run;

	return j->status.due && h->first_run &&
	       h->plan.now - last > j->job->interval + GRACE;
}

static void add_late(struct health *h, const struct job_health *j)
{
	char day[LOCAL_TIME_TEXT];

	if (j->completed)
		add_reason(h, EX_REFUSED, "%s: last complete run on %s%s%s",
		    j->job->name, day_of(j->completed, day),
		    *j->status.until ? ", blocked until " : "",
		    j->status.until);
	else
		add_reason(h, EX_REFUSED, "%s: no complete run yet%s%s",
		    j->job->name, *j->status.until ? ", blocked until " : "",
		    j->status.until);
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
	prepare(h, &q, &sql_health_of_job, job->name);
	j->completed = time_at(&q, 0);
	ended =
	    query_int(&q, 2) != 0 || time_at(&q, 1) < h->plan.now - RUN_LASTS;
	failed = slice_is(query_text(&q, 3), "failed") && ended;
	/* A missing login is the first of the reasons already. */
	if (failed && query_int(&q, 5) != EX_NOPERM)
		add_reason(h, EX_REFUSED, "%s: the last run failed: %s",
		    job->name, query_string(&q, 4));
	finish(h, &q);
	j->late = is_late(h, j);
	if (j->late)
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

static int status_of(const struct health *h)
{
	return h->reason_count ? h->reasons[0].status : 0;
}

/* --- How it is printed --------------------------------------------------- */

static const char *name_of(int status)
{
	return status == EX_NOPERM ? "log in" : status ? "have a look" : "ok";
}

static void print_line(const struct health *h)
{
	char day[LOCAL_TIME_TEXT];

	printf("%s", name_of(status_of(h)));
	for (size_t i = 0; i < h->reason_count; i++)
		printf("%s%s", i ? "; " : ": ", h->reasons[i].text);
	if (!h->reason_count && h->login_ends)
		printf(": the login ends on %s", day_of(h->login_ends, day));
	putchar('\n');
}

/* Append a member for a time, null for 0. */
static void put_time(struct buf *b, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT];

	if (ms && clock_format(ms, text))
		json_put_member(b, name, slice_of(text));
	else
		json_put_member_raw(b, name, SLICE("null"));
}

static void put_job(struct buf *b, const struct job_health *j)
{
	int64_t until;

	if (!clock_parse(slice_of(j->status.until), &until))
		until = 0;
	buf_puts(b, "{\"job\":");
	json_put_string(b, slice_of(j->job->name));
	json_put_member_raw(
	    b, "due", j->status.due ? SLICE("true") : SLICE("false"));
	json_put_member_raw(
	    b, "late", j->late ? SLICE("true") : SLICE("false"));
	put_time(b, "last_complete", j->completed);
	json_put_member_int(b, "interval_seconds", j->job->interval / 1000);
	put_time(b, "blocked_until", until);
	buf_putc(b, '}');
}

static void put_arrays(const struct health *h, struct buf *b)
{
	buf_puts(b, ",\"reasons\":[");
	for (size_t i = 0; i < h->reason_count; i++) {
		buf_puts(b, i ? "," : "");
		json_put_string(b, slice_of(h->reasons[i].text));
	}
	buf_puts(b, "],\"jobs\":[");
	for (size_t i = 0; i < h->job_count; i++) {
		buf_puts(b, i ? "," : "");
		put_job(b, &h->jobs[i]);
	}
	buf_putc(b, ']');
}

static void print_json(const struct health *h)
{
	struct buf b = BUF_INIT((size_t)1 << 20);

	buf_puts(&b, "{\"type\":\"health\"");
	json_put_member(&b, "health", slice_of(name_of(status_of(h))));
	json_put_member_int(&b, "exit", status_of(h));
	json_put_member(&b, "account", slice_of(h->options->plan.account));
	put_time(&b, "login_ends", h->login_ends);
	put_time(&b, "since", h->since);
	json_put_member_int(&b, "open_gaps", h->gaps);
	json_put_member_int(&b, "refused", h->refused);
	json_put_member_int(&b, "runs_failed", h->failed);
	json_put_member_int(&b, "captures_not_loaded", h->unloaded);
	put_arrays(h, &b);
	buf_puts(&b, "}\n");
	fwrite(b.p, 1, b.n, stdout);
	buf_release(&b);
}

/* The head of a metric, of the type gauge. */
static void print_head(const char *name, const char *help)
{
	printf("# HELP sp_%s %s\n# TYPE sp_%s gauge\n", name, help, name);
}

/* The labels of a sample: the account, and a job unless that is NULL. */
static void print_labels(const struct health *h, const char *job)
{
	fputs("{account=\"", stdout);
	for (const char *p = h->options->plan.account; *p; p++) {
		if (*p == '"' || *p == '\\')
			putchar('\\');
		if (*p == '\n')
			fputs("\\n", stdout);
		else
			putchar(*p);
	}
	if (job)
		printf("\",job=\"%s", job);
	fputs("\"} ", stdout);
}

/* A metric of the account. */
static void print_metric(
    const struct health *h, const char *name, const char *help, int64_t value)
{
	print_head(name, help);
	printf("sp_%s", name);
	print_labels(h, NULL);
	printf("%" PRId64 "\n", value);
}

enum job_metric { COMPLETED, INTERVAL, LATE, BLOCKED_UNTIL };

/* The value of a job's metric; false if it has none. */
static bool job_value(
    const struct job_health *j, enum job_metric which, int64_t *value)
{
	switch (which) {
	case COMPLETED: *value = j->completed / 1000; return j->completed != 0;
	case INTERVAL: *value = j->job->interval / 1000; return true;
	case LATE: *value = j->late; return true;
	default:
		if (!clock_parse(slice_of(j->status.until), value))
			return false;
		*value /= 1000;
		return true;
	}
}

/* A metric of each job that has it. */
static void print_job_metric(const struct health *h, const char *name,
    const char *help, enum job_metric which)
{
	int64_t value;

	print_head(name, help);
	for (size_t i = 0; i < h->job_count; i++) {
		if (!job_value(&h->jobs[i], which, &value))
			continue;
		printf("sp_%s", name);
		print_labels(h, h->jobs[i].job->name);
		printf("%" PRId64 "\n", value);
	}
}

static void print_prometheus(const struct health *h)
{
	print_metric(h, "health_status", "0: ok, 1: have a look, 77: log in.",
	    status_of(h));
	print_job_metric(h, "job_last_complete_timestamp_seconds",
	    "When the job last completed.", COMPLETED);
	print_job_metric(h, "job_interval_seconds",
	    "The time between the runs of the job.", INTERVAL);
	print_job_metric(
	    h, "job_late", "Whether the job is more than a day late.", LATE);
	print_job_metric(h, "job_blocked_until_timestamp_seconds",
	    "The deadline of a rate limit.", BLOCKED_UNTIL);
	if (h->login_ends)
		print_metric(h, "login_ends_timestamp_seconds",
		    "When the login ends.", h->login_ends / 1000);
	print_metric(h, "open_gaps",
	    "Recent gaps in which plays may be missing.", h->gaps);
	print_metric(h, "refused_records",
	    "Records refused recently for a new reason.", h->refused);
	print_metric(h, "runs_failed", "Recent runs that failed.", h->failed);
	print_metric(h, "captures_not_loaded",
	    "Captures that wait to be loaded.", h->unloaded);
}

int queue_health(const struct queue_options *o)
{
	struct health h = {.options = o};
	int status;

	h.db = database_open(o->db, DB_READ);
	plan_init(&h.plan, h.db, NULL, &o->plan);
	h.since = o->since >= 0 ? o->since : h.plan.now - 7 * CLOCK_DAY;
	check_login(&h);
	for (const struct job *const *j = jobs; *j && h.job_count < JOBS_MAX;
	     j++)
		check_job(&h, *j);
	check_counts(&h);
	status = status_of(&h);
	if (o->form == LISTING_JSON)
		print_json(&h);
	else if (o->prometheus)
		print_prometheus(&h);
	else
		print_line(&h);
	if (plan_finish(&h.plan) != SQLITE_OK)
		database_die(h.db, "cannot read the database");
	db_close(h.db);
	return o->prometheus ? 0 : status;
}
