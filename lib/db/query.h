/*
 * One SQL statement from preparation to its end. Its parameters are bound by
 * name, as they are written in the statement, such as ":user".
 *
 * A failure is sticky, as in struct buf: after the first one every call does
 * nothing, columns read as NULL, and query_finish returns its code. So a query
 * is checked once, where it ends. A parameter that the statement does not have
 * is a failure, too. Without memory the program ends, see base/mem.h.
 *
 * Functions return SQLite's result codes, SQLITE_OK for success.
 */
#ifndef SP_DB_QUERY_H
#define SP_DB_QUERY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * A statement of a .sql file, see lib/statements.sh. "db/statements.h", which
 * the build makes, declares sql_NAME for each `-- name: NAME`.
 */
struct sql {
	const char *name;
	const char *text;
};

struct query {
	sqlite3 *db; /* borrowed */
	sqlite3_stmt *stmt;
	const char *name; /* of the statement, for messages; borrowed */
	int rc;		  /* of the first failure */
};

/* Prepare a statement. query_finish must follow, after a failure, too. */
void query_prepare(struct query *, sqlite3 *, const struct sql *);

/* The same for a statement that runs many times. */
void query_prepare_persistent(struct query *, sqlite3 *, const struct sql *);

/* The same for SQL that was built, which is freed. The name is borrowed. */
void query_prepare_built(
    struct query *, sqlite3 *, const char *name, sqlite3_str *);

/*
 * Bind a parameter. Text and bytes are borrowed until the query is bound anew
 * or finished; p == NULL binds NULL, as does a parameter never bound. A bound
 * value remains for the next run.
 */
void query_bind_text(struct query *, const char *param, struct slice);
void query_bind_blob(struct query *, const char *param, struct slice);
void query_bind_int(struct query *, const char *param, int64_t);
void query_bind_real(struct query *, const char *param, double);

/* Bind a copy of a text. */
void query_bind_copy(struct query *, const char *param, struct slice);

/* Bind Unix milliseconds as a written time; one before 1970 as 1970. */
void query_bind_time(struct query *, const char *param, int64_t ms);

/* Whether the statement has such a parameter. */
bool query_has(const struct query *, const char *param);

/*
 * Go on to the next row. False after the last one, where the query is ready
 * to be bound and run again, and on failure.
 */
bool query_step(struct query *);

/* Run a statement, and skip its rows. */
int query_run(struct query *);

/* Skip the remaining rows; the query is ready to run again. */
void query_reset(struct query *);

/*
 * Skip the remaining rows and forget a failure, whose code is returned: for a
 * statement that runs again after what failed was rolled back.
 */
int query_end_run(struct query *);

/*
 * A column of the current row, counted from 0. Text and bytes are borrowed
 * until the next step, and have p == NULL where the column is NULL; text ends
 * with a NUL.
 */
struct slice query_text(struct query *, int column);
struct slice query_blob(struct query *, int column);
int64_t query_int(struct query *, int column);
double query_real(struct query *, int column);
bool query_is_null(struct query *, int column);

/* Text as a C string, "" where the column is NULL. */
const char *query_string(struct query *, int column);

/* Fail with a code; does nothing after a failure, or for SQLITE_OK. */
void query_fail(struct query *, int rc);

/*
 * End the query; the code of its first failure. After one the statement is
 * left to db_close, so that db_failure can still report it.
 */
int query_finish(struct query *);

/* Run a statement without parameters or rows. */
int query_exec(sqlite3 *, const struct sql *);

/*
 * The query that failed last; all zero if none has. For db_failure: statements
 * that ran since have reset what SQLite itself remembers.
 */
struct query_failure {
	int rc;
	const char *statement; /* its name */
	char reason[512];      /* in SQLite's words */
};
const struct query_failure *query_failure(void);

#endif
