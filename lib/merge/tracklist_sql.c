#include "merge/tracklist_sql.h"

#include "db/db.h"
#include "merge/list_record.h"

static struct slice argument(sqlite3_value *v)
{
	const void *p = sqlite3_value_blob(v);

	return (struct slice){p ? p : "", (size_t)sqlite3_value_bytes(v)};
}

static void sql_items_cmp(sqlite3_context *c, int n, sqlite3_value **v)
{
	int cmp;

	(void)n;
	if (items_cmp(argument(v[0]), argument(v[1]), &cmp))
		sqlite3_result_int(c, cmp);
}

int tracklist_sql_add_function(sqlite3 *db)
{
	return sqlite3_create_function(db, "items_cmp", 2,
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_items_cmp, NULL,
	    NULL);
}

int tracklist_sql_prepare(
    sqlite3 *db, const struct sql *sql, sqlite3_stmt **stmt)
{
	return sqlite3_prepare_v3(
	    db, sql->text, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
}

void tracklist_sql_bind_text(
    sqlite3_stmt *s, const char *name, struct slice text)
{
	db_bind_text(s, sqlite3_bind_parameter_index(s, name), text);
}

void tracklist_sql_bind_int(sqlite3_stmt *s, const char *name, int64_t n)
{
	sqlite3_bind_int64(s, sqlite3_bind_parameter_index(s, name), n);
}

sqlite3_stmt *tracklist_sql_bind(
    sqlite3_stmt *s, struct slice playlist, struct slice list)
{
	tracklist_sql_bind_text(s, ":playlist", playlist);
	if (list.p)
		tracklist_sql_bind_text(s, ":list", list);
	return s;
}

int tracklist_sql_exists(sqlite3_stmt *s, bool *yes)
{
	int rc = sqlite3_step(s);

	*yes = rc == SQLITE_ROW;
	sqlite3_reset(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

struct slice tracklist_sql_text(sqlite3_stmt *s, int column)
{
	const void *p = sqlite3_column_blob(s, column);

	if (sqlite3_column_type(s, column) == SQLITE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){
	    p ? p : "", (size_t)sqlite3_column_bytes(s, column)};
}
