/*
 * The rate limits of buckets, with their deadlines. A limit that has passed
 * stays until limits_expire.
 */
#ifndef SP_API_LIMITS_H
#define SP_API_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "http/error.h"
#include "spotify/endpoint.h"

struct limits {
	struct error of[BUCKETS]; /* exit 0 for no limit */
	struct error account;	  /* a limit of all buckets */
};

/* A set of buckets has a bit for each, by its index. */
#define LIMITS_BIT(bucket) (1u << (bucket))

/* Set the limit of a bucket, or with `account` of all. */
void limits_set(
    struct limits *, size_t bucket, bool account, const struct error *);

/* The limit of a bucket at a time, ms since 1970; NULL for none. */
const struct error *limits_at(
    const struct limits *, size_t bucket, int64_t now);

/* Remove the limits that have passed at that time. */
void limits_expire(struct limits *, int64_t now);

/*
 * The limits of a set of buckets, passed or not, as one error that names them:
 * exit 75, and the earliest time at which one of them ends.
 */
void limits_summarize(const struct limits *, unsigned set, struct error *);

#endif
