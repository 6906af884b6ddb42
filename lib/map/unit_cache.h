/*
 * A cache of the rows of units, by mapping and bytes of the unit: in a
 * listening history, most tracks occur many times, byte for byte the same.
 *
 * It is bounded. Of its two halves, one is being filled; when that is full, the
 * older one is emptied and becomes the one to fill.
 */
#ifndef SP_MAP_UNIT_CACHE_H
#define SP_MAP_UNIT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/slice.h"

struct unit_cache_half {
	struct hash table; /* of units: where their entries begin in `bytes` */
	struct buf bytes;
};

struct unit_cache {
	uint32_t capture; /* the caller counts captures here */

	/* Private: [0] is being filled, [1] is older. */
	struct unit_cache_half half[2];
};

/* Cache up to max bytes, less than 8 GiB. */
void unit_cache_init(struct unit_cache *, size_t max);

/*
 * The rows of a unit, a line each, valid until the next call; false if they
 * are not cached. `*again` is set if this capture had the unit before. A
 * mapping is identified by its address.
 */
bool unit_cache_find(struct unit_cache *, const void *mapping,
    struct slice unit, struct slice *rows, bool *again);

/* Cache the rows of a unit that was not found, unless they are too big. */
void unit_cache_put(struct unit_cache *, const void *mapping, struct slice unit,
    struct slice rows);

#endif
