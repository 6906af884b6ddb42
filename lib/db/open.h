/*
 * Opening the database file: it is created, or brought up to date, and waits
 * for the locks of other programs.
 */
#ifndef SP_DB_OPEN_H
#define SP_DB_OPEN_H

#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>

#include "base/buf.h"

/* How long to wait for another program's lock, in milliseconds. */
#define DB_BUSY_MS 60000

/* Another way to wait for it. */
struct db_wait {
	int64_t max_ms;
	/* Once this is not 0, wait for a second at most; may be NULL. */
	const volatile sig_atomic_t *stop;
	int64_t since; /* private */
};

enum db_mode {
	DB_WRITE,	 /* create and add what is missing */
	DB_UPDATE,	 /* the same, but without a file, an error */
	DB_READ,	 /* without a file or tables of sp, an error */
	DB_READ_OR_EMPTY /* the same, but without them it reads as empty */
};

/*
 * Open the database, to be closed by db_close. Writing creates its folders
 * (0700), the file (0600), and the tables, columns and indexes that it lacks,
 * and drops none. Reading works in a read-only folder, too, leaves no file
 * behind and changes nothing; only an older database that is writable is
 * brought up to date first.
 *
 * Returns 0, or an exit status of sp(7) with *db NULL, and appends the reason
 * to `why`: 73 cannot open or create, 74 I/O or damaged, 75 locked, 78 not a
 * database of sp, one of a newer sp, or one of an older sp that cannot be
 * brought up to date. The wait is borrowed until the database is closed; NULL
 * waits for DB_BUSY_MS.
 */
int db_open(sqlite3 **db, const char *path, enum db_mode mode, struct db_wait *,
    struct buf *why);

#endif
