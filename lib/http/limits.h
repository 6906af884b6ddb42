/*
 * The rate limits of buckets, and until when they last. A limit that is over is
 * kept until limits_forget.
 */
#ifndef SP_HTTP_LIMITS_H
#define SP_HTTP_LIMITS_H

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

/* Note the limit of a bucket, or with `account` of all. */
void limits_set(
    struct limits *, size_t bucket, bool account, const struct error *);

/* The limit of a bucket at a time, ms since 1970; NULL for none. */
const struct error *limits_at(
    const struct limits *, size_t bucket, int64_t now);

/* Forget the limits that are over at that time. */
void limits_forget(struct limits *, int64_t now);

/*
 * The limits of a set of buckets, over or not, as one error that names them:
 * exit 75, and the earliest time at which one of them ends.
 */
void limits_sum(const struct limits *, unsigned set, struct error *);

#endif
