/*
 * An arena: memory that is allocated piece by piece and freed all at once. A
 * piece stays where it is until arena_clear or arena_release.
 */
#ifndef SP_BASE_ARENA_H
#define SP_BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one in use first */
	struct arena_block *spare;  /* of the usual size, to be used again */
	size_t used;		    /* bytes allocated since arena_clear */
	char *p, *end;		    /* private */
};

/* n bytes, aligned for any type. */
void *arena_room(struct arena *, size_t n);

/* A copy, not aligned; p == NULL if that of the slice is. */
struct slice arena_copy(struct arena *, struct slice);

/* Free all pieces; blocks of the usual size stay, to be used again. */
void arena_clear(struct arena *);
void arena_release(struct arena *);

#endif
