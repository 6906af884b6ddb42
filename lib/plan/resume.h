/*
 * Checkpoints: how far chains of pages came that rate limits cut short, so that
 * their next pages are requested and not the first ones again.
 *
 * A chain is named RUN/REQUEST by its request. A chain that resumes another one
 * has a name of its own, and follows that one. Chains count if their runs ended
 * deferred, since the job's last run that had captures and ended otherwise, and
 * within CHECKPOINT_AGE_MAX: longer than that no half of a list is worth
 * keeping.
 */
#ifndef SP_PLAN_RESUME_H
#define SP_PLAN_RESUME_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define CHECKPOINT_AGE_MAX (2 * CLOCK_DAY) /* ms */

/* The last page of a chain that was captured. */
struct checkpoint {
	char *url;	 /* of that page, from /v1/ on */
	char *list;	 /* the chain's name */
	char *next;	 /* the next page; NULL if there is none, or unknown */
	bool next_known; /* whether there is a next page is known */
	int64_t page;	 /* the number of that page */
};

struct checkpoints {
	struct checkpoint *all; /* owned; the newest chain first */
	size_t count;
};

/* Read those of a user's job; `now` in Unix ms. SQLite's result code. */
int checkpoints_read(struct checkpoints *, sqlite3 *, struct slice user,
    const char *job, int64_t now);
void checkpoints_release(struct checkpoints *);

/*
 * The newest chain whose first page has this path, from /v1/ on; its query does
 * not count. NULL if there is none.
 */
const struct checkpoint *checkpoints_find(
    const struct checkpoints *, const char *url);

#endif
