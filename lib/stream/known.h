/*
 * Refusals that a run's record says are known: its member `known`, an array
 * of objects with `endpoint`, `subject`, `place` and `reason`. What is refused
 * of a capture in the same way need not be reported again.
 */
#ifndef SP_STREAM_KNOWN_H
#define SP_STREAM_KNOWN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "stream/record.h"

struct known {
	struct buf array; /* private */
};

/* Of a run of records of up to max bytes. */
void known_init(struct known *, size_t max);
void known_release(struct known *);

/* Know what a run record says, and no more what one before it said. */
void known_take(struct known *, const struct record *run);

/* Whether a refusal of a capture is known; place.p == NULL for all of it. */
bool known_has(const struct known *, const struct record *capture,
    struct slice place, struct slice reason);

#endif
