#include "base/array.h"
#include "db/trigger.h"

#include "db/db.h"

/*
 * Whether what a table's triggers do on a change of it can be compiled. All
 * columns are changed, as a trigger may be of any.
 */
static bool triggers_compile(sqlite3 *db, const char *table)
{
	static const char *const forms[] = {
	    "select printf('explain insert into main.\"%w\" default values', "
	    "?1)",
	    "select printf('explain delete from main.\"%w\"', ?1)",
	    "select printf('explain update main.\"%w\" set %s', ?1, "
	    "group_concat(printf('\"%w\" = null', name))) "
	    "from pragma_table_info(?1, 'main')"};
	sqlite3_stmt *s, *explained;
	bool good = true;

	for (size_t i = 0; i < COUNT_OF(forms) && good; i++) {
		if (sqlite3_prepare_v2(db, forms[i], -1, &s, NULL))
			return false;
		sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
		if (sqlite3_step(s) == SQLITE_ROW) {
			good = sqlite3_prepare_v2(db,
				   (const char *)sqlite3_column_text(s, 0), -1,
				   &explained, NULL) == SQLITE_OK;
			sqlite3_finalize(explained);
		}
		sqlite3_finalize(s);
	}
	return good;
}

/* Drop a trigger; true if its table could not be changed but for it. */
static bool is_to_blame(sqlite3 *db, const char *trigger, const char *table)
{
	char *drop = sqlite3_mprintf("drop trigger main.\"%w\"", trigger);
	bool blame = drop && !triggers_compile(db, table) &&
		     db_exec(db, drop) == SQLITE_OK &&
		     triggers_compile(db, table);

	sqlite3_free(drop);
	return blame;
}

/* In turn, for those that were dropped before may be broken, too. */
bool trigger_blame(sqlite3 *db, struct buf *name)
{
	sqlite3_stmt *s = NULL;
	bool found = false;

	if (db_exec(db, "savepoint blame"))
		return false;
	if (sqlite3_prepare_v2(db,
		"with t (name, tbl_name) as materialized (select name, tbl_name"
		" from main.sqlite_master where type = 'trigger')"
		" select name, tbl_name from t order by name",
		-1, &s, NULL) == SQLITE_OK)
		while (!found && sqlite3_step(s) == SQLITE_ROW) {
			const char *trigger =
			    (const char *)sqlite3_column_text(s, 0);

			found = is_to_blame(db, trigger,
			    (const char *)sqlite3_column_text(s, 1));
			if (found)
				buf_printf(name, "trigger '%s'", trigger);
		}
	sqlite3_finalize(s);
	db_exec(db, "rollback to blame");
	db_exec(db, "release blame");
	return found;
}
