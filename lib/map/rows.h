/*
 * The results of a mapping, checked and written as lines of rows. A row that
 * was written before for the same capture, byte for byte, is left out.
 */
#ifndef SP_MAP_ROWS_H
#define SP_MAP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jv.h>

#include "base/buf.h"
#include "base/slice.h"

struct rows {
	struct buf lines;      /* rows, each ended by a newline */
	struct buf complaints; /* reasons, each ended by a newline */
	struct slice suffix;   /* what ends each row, borrowed */
	bool ordered;	       /* rows with an `op` are among them */

	jv table, op, row, known; /* private from here: names, made once */
	struct rows_seen *seen;
	size_t seen_cap;
	size_t seen_count;
	uint32_t turn;
};

/* False without memory. `max` bounds what one capture may give, in bytes. */
bool rows_init(struct rows *, size_t max);
void rows_release(struct rows *);

/* Forget what was written; begin the rows of a capture. */
void rows_begin(struct rows *, struct slice suffix);

/* Add one result, borrowed: NULL, or what is wrong with it. */
const char *rows_add(struct rows *, jv result);

/*
 * Add a row that was written before: all of it up to the suffix, and
 * rows_hash of that. False when the rows are too long.
 */
bool rows_add_text(struct rows *, struct slice row, uint64_t hash);

uint64_t rows_hash(struct slice);

#endif
