/*
 * The unit memo: a cache of the rows of units that were mapped before, by
 * mapping and bytes of the unit. Most tracks occur in a history many times,
 * byte for byte the same.
 *
 * Its size is bounded. It has two halves: when the one being filled is full,
 * the older one is dropped and filled anew.
 */
#ifndef SP_MAP_MEMO_H
#define SP_MAP_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/slice.h"

/* The key of a cached unit. */
struct memo_key {
	const void *mapping; /* identified by its address */
	struct slice unit;
	uint64_t hash; /* of the unit's bytes */
};

struct memo_half {
	struct hash table; /* of units: where their entries begin in `bytes` */
	struct buf bytes;
};

struct memo {
	struct memo_half half[2]; /* [0] is being filled, [1] is older */
};

/* Cache up to max bytes, less than 8 GiB. */
void memo_init(struct memo *, size_t max);
void memo_release(struct memo *);

/*
 * The rows of a unit, as they were put, valid until the next call. False if
 * it is not cached. *turn is set to that of its last use, which becomes `now`.
 */
bool memo_find(struct memo *, const struct memo_key *, uint32_t now,
    struct slice *rows, uint32_t *generation);

/* Cache the rows of a unit that is not cached, unless they are too big. */
void memo_put(
    struct memo *, const struct memo_key *, uint32_t now, struct slice rows);

#endif
