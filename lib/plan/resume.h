/*
 * Where a job's chains of pages stand that rate limits cut short: what was
 * staged is not asked for again.
 *
 * A chain is named RUN/REQUEST by its request. One that resumes another has a
 * name of its own, and follows that one. What counts are the runs that ended
 * deferred since the last one that brought something and went otherwise, of
 * the last CHECKPOINT_AGE_MAX: longer than that no half of a list is worth
 * keeping.
 */
#ifndef SP_PLAN_RESUME_H
#define SP_PLAN_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECKPOINT_AGE_MAX ((int64_t)2 * 24 * 3600 * 1000) /* ms */

struct plan;

/* A chain of pages after its last page that succeeded. */
struct checkpoint {
	char *url;  /* of that page, from /v1/ on */
	char *list; /* the chain's name */
	char
	    *next; /* the next page; NULL if none follows, or that is unknown */
	int64_t page;	 /* how many came */
	int64_t at;	 /* when the last came, Unix ms */
	bool next_known; /* whether one follows is known */
};

struct checkpoints {
	struct checkpoint *all; /* the newest chain first */
	size_t count;
};

/* Read those of the plan's job; SQLite's result code. */
int checkpoints_read(struct checkpoints *, struct plan *, const char *job);
void checkpoints_release(struct checkpoints *);

/* The newest chain that began at a path and query; NULL if there is none. */
const struct checkpoint *checkpoints_find(
    const struct checkpoints *, const char *url);

#endif
