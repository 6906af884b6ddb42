/*
 * What sp-queue health finds, in queue_health.c, and prints, in
 * queue_health_print.c.
 */
#ifndef SP_CMD_QUEUE_HEALTH_H
#define SP_CMD_QUEUE_HEALTH_H

#include "plan/jobs.h"
#include "queue.h"

#define HEALTH_JOBS_MAX 16
#define HEALTH_REASONS_MAX (2 * HEALTH_JOBS_MAX + 8)

struct job_health {
	const struct job *job;
	struct job_status status;
	int64_t completed;     /* Unix ms; 0 for never */
	int64_t blocked_until; /* likewise; 0 for not blocked */
	bool late;
	char failure[512]; /* why its last run failed, if that says more */
};

struct health_reason {
	int status; /* EX_NOPERM or EX_REFUSED */
	char text[640];
};

struct health {
	const struct queue_options *options;
	sqlite3 *db;
	struct plan plan; /* of no job: for the user and the time */
	int64_t since;	  /* Unix ms: what is older does not count */
	struct job_health jobs[HEALTH_JOBS_MAX];
	size_t job_count;
	int64_t login_ends; /* Unix ms; 0 if that is unknown */
	int64_t first_run;  /* likewise; 0 for none */
	int64_t gaps, refused, failed, unloaded;
	struct health_reason reasons[HEALTH_REASONS_MAX]; /* the worst first */
	size_t reason_count;
};

/* The exit status: that of the worst reason, or 0. */
int health_status(const struct health *);

/* Print it on stdout: a line, a JSON record, or metrics for Prometheus. */
void health_print_line(const struct health *);
void health_print_json(const struct health *);
void health_print_prometheus(const struct health *);

#endif
