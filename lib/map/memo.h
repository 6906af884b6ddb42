/*
 * The unit memo: rows of units that were mapped before, by the mapping and
 * the bytes of the unit. Most tracks in a history are in it many times, byte
 * for byte.
 *
 * What is kept is bounded: once half of the maximum is full, what was not
 * asked for since the other half was begun is forgotten.
 */
#ifndef SP_MAP_MEMO_H
#define SP_MAP_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* What rows are remembered by. */
struct memo_key {
	const void *mapping; /* whose unit it is: only its address counts */
	struct slice unit;
	uint64_t hash; /* of the unit's bytes */
};

struct memo_entry {
	const void *mapping;
	uint64_t hash;
	size_t unit; /* where its bytes begin */
	uint32_t unit_len;
	uint32_t rows_len; /* the rows follow the unit, a line each */
	uint32_t turn;	   /* of the caller: when it was asked for last */
	bool used;
};

struct memo_half {
	struct memo_entry *table;
	size_t cap; /* a power of two */
	size_t count;
	struct buf bytes;
};

struct memo {
	struct memo_half half[2]; /* [0] is filled, [1] is what was before */
};

/* Keep up to max bytes. */
void memo_init(struct memo *, size_t max);
void memo_release(struct memo *);

/*
 * The rows of a unit, lines as they were put, valid until the next call.
 * False if it is not known. *turn is set to that of the time before, and
 * remembered as `now`.
 */
bool memo_find(struct memo *, const struct memo_key *, uint32_t now,
    struct slice *rows, uint32_t *turn);

/* Remember the rows of a unit that is not known; may not, when too big. */
void memo_put(
    struct memo *, const struct memo_key *, uint32_t now, struct slice rows);

#endif
