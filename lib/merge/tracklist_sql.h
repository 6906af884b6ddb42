/* Prepares and steps the statements of lists of tracks. */
#ifndef SP_MERGE_TRACKLIST_SQL_H
#define SP_MERGE_TRACKLIST_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "db/query.h"

#define LIST_NONE ((struct slice){NULL, 0})

/*
 * Give a connection the function items_cmp(a, b), which compares arrays of
 * items: <0, 0, >0; NULL if one of them is no array of items.
 */
int tracklist_sql_add_function(sqlite3 *);

/* Prepare a statement for many runs; a SQLite result code. */
int tracklist_sql_prepare(sqlite3 *, const struct sql *, sqlite3_stmt **);

/* Bind a named value; text with p == NULL is NULL. */
void tracklist_sql_bind_text(sqlite3_stmt *, const char *name, struct slice);
void tracklist_sql_bind_int(sqlite3_stmt *, const char *name, int64_t);

/* Bind a playlist and, if it is not LIST_NONE, a list; returns the statement.
 */
sqlite3_stmt *tracklist_sql_bind(
    sqlite3_stmt *, struct slice playlist, struct slice list);

/* Whether a statement gives a row. */
int tracklist_sql_exists(sqlite3_stmt *, bool *yes);

/* Text of a row of results, until its statement is stepped. */
struct slice tracklist_sql_text(sqlite3_stmt *, int column);

#endif
