/* The jobs of sp-queue: the list of them, which are due, what blocks them. */
#ifndef SP_PLAN_JOBS_H
#define SP_PLAN_JOBS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "plan/plan.h"

/*
 * All jobs, ended by NULL, in the order of their runs: rows of one are work of
 * the next.
 */
extern const struct job *const jobs[];

/* The job of that name, or NULL. */
const struct job *job_named(const char *name);

/*
 * Find whether a job is due: no run of it completed within its interval, or it
 * has urgent work; and it has requests, or would have but for a deadline, which
 * does not make a job in the background due. After
 * a run of which captures were refused, parts with a known refusal aside, the
 * interval is an hour, and doubles with each further one. SQLite's result code.
 */
int job_is_due(
    sqlite3 *, const struct job *, const struct plan_options *, bool *due);

struct job_status {
	bool due;
	bool refused;	 /* captures of its last complete run were refused */
	int64_t waiting; /* for its next run; -1 if that is unknown */
	int64_t days;	 /* that what waits will take; -1 if unknown */
	char until[CLOCK_TEXT]; /* the latest deadline that blocks it, or "" */
};

/* Find the status of a job. SQLite's result code. */
int job_find_status(sqlite3 *, const struct job *, const struct plan_options *,
    struct job_status *);

#endif
