/*
 * The digest of a table: equal if two tables have the same rows, in any order.
 * It is the sum of the rows' SHA-256, lane by lane, so a table of any size
 * needs no memory and no sorting. It guards against accidents, not forgery.
 *
 * A row counts with the columns that observations can write, each by its name:
 * neither the order of columns matters, nor a number like play_id, nor
 * provenance. NULL adds nothing: a missing column equals one that was never
 * observed. play_matches, which is derived, counts with the keys of its streams
 * and plays.
 */
#ifndef SP_INSPECT_DIGEST_H
#define SP_INSPECT_DIGEST_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "merge/table.h"

#define DIGEST_LANES 4
#define DIGEST_TEXT 33 /* of digest_format, with its NUL */

struct digest {
	uint64_t rows;
	uint64_t sum[DIGEST_LANES];
};

/*
 * Whether a table is made from row records alone: the run log, captures and
 * pages that wait are not.
 */
bool digest_covers(const struct table *);

/* Read a whole table; a SQLite result code. */
int digest_table(sqlite3 *, const struct table *, struct digest *);

/* The digest in hexadecimal, 128 bits of it. */
void digest_format(const struct digest *, char text[DIGEST_TEXT]);

/*
 * Report the digest of each table covered and of play_matches, by name; a
 * SQLite result code.
 */
int digest_all(sqlite3 *, struct tables *,
    void (*on_table)(void *ctx, const struct table *, const struct digest *),
    void *ctx);

#endif
