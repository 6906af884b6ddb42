/*
 * Refusals that a run's record says are known: its member `known`, an array
 * of objects with `endpoint`, `subject`, `place` and `reason`. What is refused
 * of a capture in the same way need not be reported again.
 */
#ifndef SP_STREAM_KNOWN_REFUSALS_H
#define SP_STREAM_KNOWN_REFUSALS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "stream/record.h"

struct known_refusals {
	struct buf array; /* private */
};

/* Of a run of records of up to max bytes. */
void known_refusals_init(struct known_refusals *, size_t max);
void known_refusals_release(struct known_refusals *);

/* Replace the known refusals by those of a run record. */
void known_refusals_set(struct known_refusals *, const struct record *run);

/* Whether a refusal of a capture is known; place.p == NULL for all of it. */
bool known_refusals_has(const struct known_refusals *,
    const struct record *capture, struct slice place, struct slice reason);

#endif
