/* Budgets: what a job would cost, worked out without asking the API. */
#ifndef SP_PLAN_BUDGET_H
#define SP_PLAN_BUDGET_H

#include <sqlite3.h>
#include <stdint.h>

#include "plan/plan.h"

struct budget {
	int64_t planned;  /* request records */
	int64_t requests; /* to the API, each page one, as far as is known */
	int64_t unknown;  /* lists of unknown length, counted as one page */
	double pace;	  /* requests a second in the last runs, 0: unknown */
	int64_t seconds;  /* that it takes at this pace */
	struct outcome outcome; /* of the plan: whether a limit holds it up */
};

/* Work out what a job would ask now. SQLite's result code. */
int budget_job(struct budget *, sqlite3 *, const struct job *,
    const struct plan_options *);

#endif
