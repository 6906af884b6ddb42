/* How sp-queue health is printed. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "json/json.h"
#include "local_time.h"
#include "queue_health.h"

static const char *name_of(int status)
{
	return status == EX_NOPERM ? "log in" : status ? "have a look" : "ok";
}

void health_print_line(const struct health *h)
{
	char day[LOCAL_TIME_TEXT];

	printf("%s", name_of(health_status(h)));
	for (size_t i = 0; i < h->reason_count; i++)
		printf("%s%s", i ? "; " : ": ", h->reasons[i].text);
	if (!h->reason_count && h->login_ends)
		printf(": the login ends on %s",
		    local_time_day(h->login_ends, day));
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
	buf_puts(b, "{\"job\":");
	json_put_string(b, slice_of(j->job->name));
	json_put_member_raw(
	    b, "due", j->status.due ? SLICE("true") : SLICE("false"));
	json_put_member_raw(
	    b, "late", j->late ? SLICE("true") : SLICE("false"));
	put_time(b, "last_complete", j->completed);
	json_put_member_int(b, "interval_seconds", j->job->interval / 1000);
	put_time(b, "blocked_until", j->blocked_until);
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

void health_print_json(const struct health *h)
{
	struct buf b = BUF_INIT((size_t)1 << 20);

	buf_puts(&b, "{\"type\":\"health\"");
	json_put_member(&b, "health", slice_of(name_of(health_status(h))));
	json_put_member_int(&b, "exit", health_status(h));
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
	default: *value = j->blocked_until / 1000; return j->blocked_until != 0;
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

void health_print_prometheus(const struct health *h)
{
	print_metric(h, "health_status", "0: ok, 1: have a look, 77: log in.",
	    health_status(h));
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
