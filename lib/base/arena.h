/*
 * Memory that is given out piece by piece and taken back all at once. What
 * it gives out stays where it is until arena_clear or arena_release.
 */
#ifndef SP_BASE_ARENA_H
#define SP_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one in use first */
	size_t used;		    /* bytes given out since it was clear */
	char *p, *end;		    /* private */
};

/* Aligned for anything. */
void *arena_room(struct arena *, size_t n);

/* Bytes of any alignment. */
char *arena_bytes(struct arena *, size_t n);

/* A copy; p == NULL of a slice that is nothing. */
struct slice arena_copy(struct arena *, struct slice);

/* Take everything back, and keep one block for the next time. */
void arena_clear(struct arena *);
void arena_release(struct arena *);

#endif
