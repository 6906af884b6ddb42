/* The statements by which a table's rows are found and written. */
#ifndef SP_MERGE_STATEMENTS_H
#define SP_MERGE_STATEMENTS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "merge/table.h"

/*
 * Prepare find, insert, update and remove. With `overlay`, find_overlay reads
 * and insert writes a temporary table of the same columns, which is made.
 * A SQLite result code.
 *
 * find asks for the row with the given keys, or, in a table of ours that has
 * no overlay, for the first one from there on. Its columns are all columns of
 * the table. Parameters: the keys; of insert, what has a rule; of update,
 * what has one and is no key, and then the keys.
 */
int statements_prepare(sqlite3 *, struct table *, bool overlay);

#define WRITE_MANY 16 /* rows of insert_many */

/* Prepare insert_many, for several rows, if it is not yet for t->triggers. */
int statements_prepare_many(struct table *);

/* The same for playlist_ingest_done: write has the playlist and the time. */
int statements_prepare_tombstones(sqlite3 *, bool overlay, sqlite3_stmt **find,
    sqlite3_stmt **find_overlay, sqlite3_stmt **write);

#endif
