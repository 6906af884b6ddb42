/*
 * Which reading of a playlist a saved body is of. Pages that were saved say
 * where they begin, but not which of them were read together: those that are
 * imported one after the other and begin later each time are one reading,
 * and what begins no later than the one before it begins another.
 *
 * A struct readings owns what it has seen.
 */
#ifndef SP_STREAM_READING_H
#define SP_STREAM_READING_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct readings {
	struct reading *list; /* private from here */
	size_t count;
};

#define READINGS_INIT ((struct readings){NULL, 0})

/*
 * The number of the reading that a body is of, from 1 for each playlist; a
 * body is a playlist or a page of its items, and valid JSON.
 */
int64_t readings_next(struct readings *, struct slice body);

void readings_release(struct readings *);

#endif
