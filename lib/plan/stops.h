/*
 * Where a job's chains of pages stand that rate limits cut short: what was
 * staged is not asked for again.
 *
 * A chain is named RUN/REQUEST by its request. One that resumes another has a
 * name of its own, and follows that one. What counts are the runs that ended
 * deferred since the last one that brought something and went otherwise, of
 * the last STOPS_AGE: longer than that no half of a list is worth keeping.
 */
#ifndef SP_PLAN_STOPS_H
#define SP_PLAN_STOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STOPS_AGE ((int64_t)2 * 24 * 3600 * 1000) /* ms */

struct plan;

/* A chain, as its last page that was answered well left it. */
struct stop {
	char *url;  /* of that page, from /v1/ on */
	char *list; /* the chain's name */
	char *next; /* the page to ask; NULL if none follows, or none is told */
	int64_t page; /* how many came */
	int64_t at;   /* when the last came, Unix ms */
	bool told;    /* it is known whether one follows */
};

struct stops {
	struct stop *all; /* the newest chain first */
	size_t count;
};

/* Read those of the plan's job; SQLite's result code. */
int stops_read(struct stops *, struct plan *, const char *job);
void stops_release(struct stops *);

/* The newest chain that began at a path and query; NULL if there is none. */
const struct stop *stops_find(const struct stops *, const char *url);

#endif
