/*
 * The database file: opened, brought up to date, locked for short spans.
 *
 * Functions that open return an exit status of sp(7), 0 for success, and
 * append what is wrong to `why`, without the program's name. The others
 * return SQLite's result codes; db_failure turns one into the same.
 */
#ifndef SP_DB_DB_H
#define SP_DB_DB_H

#include <signal.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/buf.h"

/* How long to wait for another program's lock, in milliseconds. */
#define DB_BUSY_MS 60000

/* How to wait for one otherwise. */
struct db_wait {
	int64_t most_ms;
	/* Once this is not 0, a second at most; may be NULL. */
	const volatile sig_atomic_t *stop;
	int64_t since; /* private */
};

enum db_mode {
	DB_WRITE,	 /* create what is missing, add what is new */
	DB_READ,	 /* without a file or tables of sp, an error */
	DB_READ_OR_EMPTY /* the same, but without them it reads as empty */
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
int db_open(sqlite3 **db, const char *path, enum db_mode mode, struct buf *why);

/* The same, with a wait of one's own, borrowed until the database is closed. */
int db_open_waiting(sqlite3 **db, const char *path, enum db_mode mode,
    struct db_wait *, struct buf *why);

/*
 * Close; NULL is fine. Finalizes the statements that db_finish left, so that
 * a program that gives up can leave no file behind.
 */
void db_close(sqlite3 *db);

/* Run SQL without parameters or results. */
int db_exec(sqlite3 *db, const char *sql);

/* One integer of a query, or `otherwise` where it gives none. */
sqlite3_int64 db_int(sqlite3 *db, const char *sql, sqlite3_int64 otherwise);

/*
 * Open a transaction that writes, waiting for others as said above.
 * Keep it short: never read input inside. To commit fails, too, where the
 * file was moved or deleted meanwhile, and what is written is lost with it.
 */
int db_begin(sqlite3 *db);
int db_commit(sqlite3 *db);

/* Undo whatever is open; does nothing where nothing is. */
void db_rollback(sqlite3 *db);

/*
 * Tell a failure of the connection's last call: appends `doing: reason` to
 * `why` and returns the status, 71 to 78, or 70 for a mistake of ours.
 */
int db_failure(sqlite3 *db, const char *doing, struct buf *why);

/*
 * The code of the connection's last failure; SQLITE_TOOBIG where it has none,
 * for then it is a limit of ours that was met.
 */
int db_error(sqlite3 *db);

/*
 * Finalize a statement after the code that its last step, or what was done
 * with its row, gave: SQLITE_OK, also for SQLITE_ROW and SQLITE_DONE. After a
 * failure it is left to db_close, and the code returned: its end could
 * make the connection forget what db_failure is to tell.
 */
int db_finish(sqlite3_stmt *, int rc);

/* Bind text that stays valid until the step; p == NULL binds NULL. */
int db_bind_text(sqlite3_stmt *stmt, int index, struct slice text);

#endif
