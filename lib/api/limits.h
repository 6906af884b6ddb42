/*
 * The rate limits of buckets, with their deadlines. A limit whose deadline has
 * passed is not in force, and is removed by limits_expire.
 */
#ifndef SP_API_LIMITS_H
#define SP_API_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "http/error.h"
#include "spotify/endpoint.h"

struct limits {
	struct error of[BUCKETS]; /* exit 0 for no limit */
	struct error account;	  /* one of the whole developer account */
};

/* A set of buckets has a bit for each, by its index. */
#define LIMITS_BIT(bucket) (1u << (bucket))

/* Set the limit of a bucket, or with `account` of all. */
void limits_set(
    struct limits *, size_t bucket, bool account, const struct error *);

/* The limit in force for a bucket at a time, ms since 1970, or NULL. */
const struct error *limits_at(
    const struct limits *, size_t bucket, int64_t now);

/* Remove the limits that have passed at that time. */
void limits_expire(struct limits *, int64_t now);

/*
 * Sum up the limits of a set of buckets, in force or not, as one error that
 * names them: 75, with the earliest deadline.
 */
void limits_summarize(const struct limits *, unsigned set, struct error *);

#endif
