#include "db/failure.h"

#include <string.h>
#include <sysexits.h>

#include "base/mem.h"
#include "db/db.h"
#include "db/query.h"
#include "db/trigger.h"

#define REASON_MAX ((size_t)1 << 20)

/* The exit status for a result code; *words is NULL where SQLite has them. */
static int classify(int rc, const char **words)
{
	*words = NULL;
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		*words = "another program keeps the database locked";
		return EX_TEMPFAIL;
	case SQLITE_NOTADB: *words = "not a SQLite database"; return EX_CONFIG;
	case SQLITE_CORRUPT:
		*words = "the database is damaged";
		return EX_IOERR;
	case SQLITE_READONLY:
		*words = "the database is read-only";
		return EX_CANTCREAT;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH: return EX_CANTCREAT;
	case SQLITE_FULL: *words = "no space left"; return EX_IOERR;
	case SQLITE_IOERR:
	case SQLITE_PROTOCOL: return EX_IOERR;
	/* The code where there is no connection, too. */
	case SQLITE_NOMEM: mem_exhausted();
	/* If SQLite reports no failure, a limit of ours was met. */
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
	case SQLITE_TOOBIG: *words = "a value is too long"; return EX_DATAERR;
	case SQLITE_CONSTRAINT: return EX_CONFIG;
	default: return EX_SOFTWARE;
	}
}

int db_failure(sqlite3 *db, const char *doing, struct buf *why)
{
	const struct query_failure *failed = query_failure();
	int rc = sqlite3_extended_errcode(db), err = sqlite3_system_errno(db);
	bool is_reset =
	    rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE;
	int kind, status;
	struct buf message = BUF_INIT(REASON_MAX),
		   trigger = BUF_INIT(REASON_MAX);
	const char *words;

	if (is_reset)
		rc = failed->rc;
	kind = rc & 0xff;
	status = classify(rc, &words);
	if (db_is_moved(db)) {
		words = "the database was moved or deleted while in use";
		status = EX_IOERR;
	}
	if (!words) {
		buf_puts(
		    &message, is_reset ? failed->reason : sqlite3_errmsg(db));
		words = buf_message(&message);
	}
	buf_printf(why, "%s: ", doing);
	if (rc == SQLITE_ERROR && trigger_find_broken(db, &trigger)) {
		buf_printf(why, "%s: ", buf_message(&trigger));
		status = EX_CONFIG;
	}
	if (status == EX_SOFTWARE && failed->statement)
		buf_printf(why, "statement %s: ", failed->statement);
	buf_puts(why, words);
	if (err && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN ||
		       kind == SQLITE_FULL))
		buf_printf(why, ": %s", strerror(err));
	buf_release(&message);
	buf_release(&trigger);
	return status;
}
