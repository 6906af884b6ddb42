/*
 * The built-in schema, lib/schema/, and what a database lacks of it. Here
 * `want` is a connection to the whole schema and `have` one to the database.
 *
 * Functions return SQLite's result codes; a failure is one of `have`.
 */
#ifndef SP_DB_SCHEMA_H
#define SP_DB_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"

/* Raised when an older sp could no longer write the database correctly. */
#define DB_FORMAT 4

/* Create the whole schema in an empty database. */
int schema_create(sqlite3 *);

/*
 * Append to `sql` the statements that add what is missing, and that replace a
 * view or an index of an older sp; with `tables` only those for tables and
 * columns, which reading needs.
 */
int schema_missing(sqlite3 *want, sqlite3 *have, bool tables, struct buf *sql);

/*
 * Fill columns that were added to the tables of an older sp, in the caller's
 * transaction: what its 403s are about.
 */
int schema_complete(sqlite3 *have);

/* Add the SQL function denied(endpoint, reason), which schema_complete uses. */
int schema_add_functions(sqlite3 *);

/* Whether the database has no table of the schema, as far as it is readable. */
bool schema_is_absent(sqlite3 *want, sqlite3 *have);

#endif
