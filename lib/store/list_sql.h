/* Statements of lists of tracks, and the ways in which they are stepped. */
#ifndef SP_STORE_LIST_SQL_H
#define SP_STORE_LIST_SQL_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/slice.h"

#define LIST_NONE ((struct slice){NULL, 0})

/*
 * Prepare a text in which $ stands before the tables that are written: the
 * true ones or, in a dry run, temporary ones called dry_… . A result code.
 */
int list_prepare(sqlite3 *, bool dry, const char *sql, sqlite3_stmt **);

/* Bind a playlist and, where there is one, a list; gives the statement. */
sqlite3_stmt *list_bind(
    sqlite3_stmt *, struct slice playlist, struct slice list);

/* Step a statement that writes, and have it ready for the next time. */
int list_run(sqlite3_stmt *);

/* Whether a statement gives a row. */
int list_ask(sqlite3_stmt *, bool *yes);

/* Text of a row of results, until its statement is stepped. */
struct slice list_text(sqlite3_stmt *, int column);

#endif
