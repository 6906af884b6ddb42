/*
 * A connection to the database: short transactions, and statements that
 * SQLite compiles from text. db/open.h opens one, db/query.h runs the
 * statements of .sql files, and db/failure.h reports what failed.
 *
 * Functions return SQLite's result codes, SQLITE_OK for success.
 */
#ifndef SP_DB_DB_H
#define SP_DB_DB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/slice.h"

/* Run SQL without parameters or results. */
int db_exec(sqlite3 *, const char *sql);

/* The first integer of a query; `otherwise` if it has no row, or fails. */
sqlite3_int64 db_int(sqlite3 *, const char *sql, sqlite3_int64 otherwise);

/*
 * Begin a transaction that writes, after waiting for other writers. Keep it
 * short: never read input inside.
 */
int db_begin(sqlite3 *);

/*
 * Commit. If the file was moved or deleted meanwhile, what is written is lost
 * with it, and the commit fails.
 */
int db_commit(sqlite3 *);

/* Roll back the open transaction, if there is one. */
void db_rollback(sqlite3 *);

/* Whether the file was moved or deleted, or replaced by another one. */
bool db_is_moved(sqlite3 *);

/*
 * The code of the last failure; SQLITE_TOOBIG if SQLite reports none, because
 * then a limit of ours was met.
 */
int db_error(sqlite3 *);

/* Bind text, borrowed until the step; p == NULL binds NULL. */
int db_bind_text(sqlite3_stmt *, int index, struct slice text);

/* Step a statement that writes, and reset it; a result code. */
int db_run(sqlite3_stmt *);

/*
 * Finalize a statement after the code of its last step: SQLITE_OK for
 * SQLITE_OK, SQLITE_ROW and SQLITE_DONE. After a failure the statement is left
 * to db_close and the code is returned: to finalize it could clear the message
 * that db_failure reports.
 */
int db_finish(sqlite3_stmt *, int rc);

/*
 * Close the connection, which may be NULL. Finalizes the statements that
 * db_finish left, so that no log file stays beside the database.
 */
void db_close(sqlite3 *);

#endif
