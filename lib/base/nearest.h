/* The name that somebody may have meant, who wrote another word. */
#ifndef SP_BASE_NEAREST_H
#define SP_BASE_NEAREST_H

#include <stddef.h>

#include "base/slice.h"

/* Begin with {.word = ...}; `name` is the nearest so far, or NULL for none. */
struct nearest {
	struct slice word;
	const char *name;
	size_t edits; /* private */
};

/*
 * The number of characters to insert, remove, replace or swap with the next one
 * until a is b; 3 for more than that, or for texts of more than 64 bytes.
 */
size_t edit_distance(struct slice a, struct slice b);

/*
 * Look at a name, which is borrowed: it is near if it is at most 2 edits away,
 * and no more than half of the word is edited.
 */
void nearest_look(struct nearest *, const char *name);

#endif
