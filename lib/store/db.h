/*
 * The database file: opened, brought up to date, locked for short spans.
 *
 * Functions that open return an exit status of sp(7), 0 for success, and
 * append what is wrong to `why`, without the program's name. The others
 * return SQLite's result codes; store_failure turns one into the same.
 */
#ifndef SP_STORE_DB_H
#define SP_STORE_DB_H

#include <signal.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/buf.h"

/* How long to wait for another program's lock, in milliseconds. */
#define STORE_BUSY_MS 60000

/* How to wait for one otherwise. */
struct store_wait {
	int64_t most_ms;
	/* Once this is not 0, a second at most; may be NULL. */
	const volatile sig_atomic_t *stop;
	int64_t since; /* private */
};

enum store_mode {
	STORE_WRITE,	    /* create what is missing, add what is new */
	STORE_READ,	    /* without a file or tables of sp, an error */
	STORE_READ_OR_EMPTY /* the same, but without them it reads as empty */
};

/*
 * Open the database. Writing creates its folders (0700), the file (0600),
 * and the tables, columns and indexes that it lacks, and drops none. Reading
 * works in a read-only folder too, leaves no file behind and changes nothing,
 * but that an older database that may be written is brought up to date first.
 *
 * Statuses: 73 cannot open or create, 74 I/O or damaged, 75 locked, 78 not a
 * database of sp, one of a newer sp, or one of an older sp that cannot be
 * brought up to date.
 */
int store_open(
    sqlite3 **db, const char *path, enum store_mode mode, struct buf *why);

/* The same, with a wait of one's own, borrowed until the database is closed. */
int store_open_waiting(sqlite3 **db, const char *path, enum store_mode mode,
    struct store_wait *, struct buf *why);

/*
 * Close; NULL is fine. Finalizes the statements that store_finish left, so that
 * a program that gives up can leave no file behind.
 */
void store_close(sqlite3 *db);

/* Run SQL without parameters or results. */
int store_exec(sqlite3 *db, const char *sql);

/* One integer of a query, or `otherwise` where it gives none. */
sqlite3_int64 store_int(sqlite3 *db, const char *sql, sqlite3_int64 otherwise);

/*
 * Open a transaction that writes, waiting for others as said above.
 * Keep it short: never read input inside. To commit fails, too, where the
 * file was moved or deleted meanwhile, and what is written is lost with it.
 */
int store_begin(sqlite3 *db);
int store_commit(sqlite3 *db);

/* Undo whatever is open; does nothing where nothing is. */
void store_rollback(sqlite3 *db);

/*
 * Tell a failure of the connection's last call: appends `doing: reason` to
 * `why` and returns the status, 71 to 78, or 70 for a mistake of ours.
 */
int store_failure(sqlite3 *db, const char *doing, struct buf *why);

/*
 * The code of the connection's last failure; SQLITE_TOOBIG where it has none,
 * for then it is a limit of ours that was met.
 */
int store_error(sqlite3 *db);

/*
 * Finalize a statement after the code that its last step, or what was done
 * with its row, gave: SQLITE_OK, also for SQLITE_ROW and SQLITE_DONE. After a
 * failure it is left to store_close, and the code returned: its end could
 * make the connection forget what store_failure is to tell.
 */
int store_finish(sqlite3_stmt *, int rc);

/* Bind text that stays valid until the step; p == NULL binds NULL. */
int store_bind(sqlite3_stmt *stmt, int index, struct slice text);

#endif
