/* The wanted schema, and what a database lacks of it. */
#ifndef SP_DB_SCHEMA_H
#define SP_DB_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"

/* Raised when an older sp could no longer write the database rightly. */
#define DB_FORMAT 2

/* Create the whole schema in an empty database; a SQLite result code. */
int schema_create(sqlite3 *db);

/*
 * Append to `sql` the statements that add what `have` lacks of `want`, and
 * that put a view of ours in the place of an older one; with `tables` only
 * those for tables and columns, which reading needs.
 */
int schema_missing(sqlite3 *want, sqlite3 *have, bool tables, struct buf *sql);

/*
 * Fill columns that were added to tables of an older sp, in the caller's
 * transaction: what its 403s are about. A SQLite result code.
 */
int schema_complete(sqlite3 *db);

/* Whether `have` has no table of `want`, as far as can be read. */
bool schema_is_absent(sqlite3 *want, sqlite3 *have);

#endif
