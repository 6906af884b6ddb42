/* The wanted schema, and what a database lacks of it. */
#ifndef SP_STORE_SCHEMA_H
#define SP_STORE_SCHEMA_H

#include <sqlite3.h>

#include "base/buf.h"

/* Raised when an older sp could no longer write the database rightly. */
#define STORE_FORMAT 2

/* Create the whole schema in an empty database; a SQLite result code. */
int schema_create(sqlite3 *db);

/*
 * Append to `sql` the statements that add what `have` lacks of `want`, and
 * that put a view of ours in the place of an older one.
 */
int schema_missing(sqlite3 *want, sqlite3 *have, struct buf *sql);

/*
 * Append to `sql` the statements that make what `have` lacks readable on this
 * connection only: empty temporary tables, and views with NULL columns.
 */
int schema_shims(sqlite3 *want, sqlite3 *have, struct buf *sql);

#endif
