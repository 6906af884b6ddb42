/*
 * Buckets: families of endpoints that the Web API counts together, so that a
 * rate limit of one endpoint is one of its whole family. The service does not
 * publish its own; these are a guess that asks too little rather than too
 * much.
 */
#ifndef SP_STREAM_BUCKET_H
#define SP_STREAM_BUCKET_H

#include <stddef.h>

#include "base/slice.h"

#define BUCKETS 8

struct bucket {
	const char *name;
	const char *endpoints; /* each between spaces */
};

/* The last one is of every endpoint that none of the others has. */
extern const struct bucket buckets[BUCKETS];

/* Which of them an endpoint belongs to. */
size_t bucket_of(struct slice endpoint);

#endif
