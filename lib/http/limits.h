/*
 * Which buckets the API is not to be asked for any more, and until when. A
 * limit that is over is remembered until it is forgotten.
 */
#ifndef SP_HTTP_LIMITS_H
#define SP_HTTP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "http/error.h"
#include "stream/bucket.h"

struct limits {
	struct error of[BUCKETS]; /* exit 0 where there is no limit */
	struct error account;	  /* a limit of all of them */
};

/* Set buckets, one bit each, by their index. */
#define LIMITS_BIT(bucket) (1u << (bucket))

/* Note that a bucket, or with `account` every one, is limited. */
void limits_set(
    struct limits *, size_t bucket, bool account, const struct error *);

/* What a bucket is limited by at a time, ms since 1970, or NULL. */
const struct error *limits_at(
    const struct limits *, size_t bucket, int64_t now);

/* Forget the limits that are over by then. */
void limits_forget(struct limits *, int64_t now);

/*
 * What all of a set of buckets are limited by, or were, as one error that
 * names them: 75, and the earliest time at which one may be asked again.
 */
void limits_sum(const struct limits *, unsigned set, struct error *);

#endif
