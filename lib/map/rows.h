/*
 * The results of a mapping, checked and written as rows, one per line. Within
 * a capture, a row that is byte for byte the same as an earlier one is left
 * out.
 */
#ifndef SP_MAP_ROWS_H
#define SP_MAP_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/slice.h"
#include "map/object_columns.h"

struct rows {
	struct buf lines;	/* rows, each ended by a newline */
	struct buf part_errors; /* lines: a place or nothing, a tab, a reason */
	struct slice suffix;	/* what ends each row, borrowed */
	bool ordered;		/* some rows have an `op`: order matters */

	const struct object_columns *objects; /* private from here */
	jv table, op, row, known, of;	      /* names */
	struct hash seen; /* of rows: where they begin in `lines` */
};

/*
 * `max` bytes is the limit for one capture; less than 4 GiB. What is declared
 * of objects is borrowed.
 */
void rows_init(struct rows *, size_t max, const struct object_columns *);

/* Start over, for the rows of another capture. */
void rows_begin(struct rows *, struct slice suffix);

/* Add one result, borrowed: NULL, or what is wrong with it. */
const char *rows_add(struct rows *, jv result);

/* Add rows, a line each, without their suffix; false past the limit. */
bool rows_add_lines(struct rows *, struct slice lines);

#endif
