#include "db/db.h"

#include "base/array.h"

int db_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

sqlite3_int64 db_int(sqlite3 *db, const char *sql, sqlite3_int64 otherwise)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		return otherwise;
	if (sqlite3_step(s) == SQLITE_ROW)
		otherwise = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return otherwise;
}

int db_begin(sqlite3 *db)
{
	return db_exec(db, "begin immediate");
}

int db_commit(sqlite3 *db)
{
	int rc = db_exec(db, "commit");

	return rc == SQLITE_OK && db_is_moved(db) ? SQLITE_READONLY_DBMOVED
						  : rc;
}

void db_rollback(sqlite3 *db)
{
	if (!sqlite3_get_autocommit(db))
		db_exec(db, "rollback");
}

bool db_is_moved(sqlite3 *db)
{
	int moved = 0;

	return sqlite3_file_control(
		   db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

/* Whether a result code is none of a failure. */
static bool is_success(int rc)
{
	return rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE;
}

int db_error(sqlite3 *db)
{
	int rc = sqlite3_errcode(db);

	return is_success(rc) ? SQLITE_TOOBIG : rc;
}

int db_bind_text(sqlite3_stmt *s, int index, struct slice text)
{
	if (!text.p)
		return sqlite3_bind_null(s, index);
	return sqlite3_bind_text64(
	    s, index, text.p, text.n, SQLITE_STATIC, SQLITE_UTF8);
}

int db_run(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Statements that failed, until db_close; those beyond the limit leak. */
static struct {
	sqlite3_stmt *all[16];
	size_t count;
} unfinished;

int db_finish(sqlite3_stmt *s, int rc)
{
	if (is_success(rc)) {
		sqlite3_finalize(s);
		return SQLITE_OK;
	}
	if (s && unfinished.count < COUNT_OF(unfinished.all))
		unfinished.all[unfinished.count++] = s;
	return rc;
}

/*
 * Statements that virtual tables prepared are theirs to finalize, so those of
 * sqlite3_next_stmt are not all ours. One of ours that is left would keep the
 * file open.
 */
void db_close(sqlite3 *db)
{
	while (unfinished.count > 0)
		sqlite3_finalize(unfinished.all[--unfinished.count]);
	sqlite3_close_v2(db);
}
