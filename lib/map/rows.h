/*
 * The results of a mapping, checked and written as rows, one per line. Within
 * a capture, a row that is byte for byte the same as an earlier one is left
 * out.
 */
#ifndef SP_MAP_ROWS_H
#define SP_MAP_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/slice.h"
#include "value/heap.h"
#include "value/jq_value.h"
#include "value/names.h"
#include "map/object_columns.h"

#define ROWS_TOO_MUCH "too much in one capture"

struct rows {
	struct buf lines; /* rows, each ended by a newline */
	size_t count;
	struct buf part_errors; /* lines: a place or nothing, a tab, a reason */
	struct slice suffix;	/* what ends each row, borrowed */

	const struct object_columns *objects; /* private from here */
	struct heap *heap;
	struct name *table, *op, *row, *known, *of, *refuse, *place;
	struct hash seen; /* of rows: where they begin in `lines` */
};

/*
 * `max` bytes is the limit for one capture; less than 4 GiB. What is declared
 * of objects is borrowed, as are the names and the heap of the values.
 */
void rows_init(struct rows *, size_t max, const struct object_columns *,
    struct names *, struct heap *);
void rows_release(struct rows *);

/* Start over, for the rows of another capture. */
void rows_begin(struct rows *, struct slice suffix);

/* Add one result: NULL, or what is wrong with it. */
const char *rows_add(struct rows *, struct jq_value result);

#endif
