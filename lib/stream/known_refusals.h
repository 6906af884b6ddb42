/*
 * Refusals that a run's record says are known: its member `known`, an array
 * of objects with `endpoint`, `subject`, `place` and `reason`. What is refused
 * of a capture in the same way need not be reported again.
 */
#ifndef SP_STREAM_KNOWN_REFUSALS_H
#define SP_STREAM_KNOWN_REFUSALS_H

#include <stdbool.h>

#include "base/slice.h"
#include "stream/record.h"

/*
 * Whether a refusal of a capture is among the known ones; place.p == NULL for
 * all of it.
 */
bool known_refusals_has(struct slice known, const struct record *capture,
    struct slice place, struct slice reason);

#endif
