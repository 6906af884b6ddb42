#include "db/schema.h"

#include "base/builtin.h"
#include "db/db.h"
#include "spotify/denial.h"

int schema_create(sqlite3 *db)
{
	int rc = SQLITE_OK;

	for (const struct builtin_file *f = builtin_schema; f->name; f++) {
		rc = sqlite3_exec(db, f->text, NULL, NULL, NULL);
		if (rc != SQLITE_OK)
			break;
	}
	return rc;
}

/* Whether there is a table or index of that name; < 0 on failure. */
static int has_object(sqlite3 *db, const char *name)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "select 1 from main.sqlite_master where name = ? collate nocase",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return -1;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(s);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

/*
 * Whether a table that is there has a column; < 0 on failure. Asked without
 * a statement, for they are many.
 */
static int has_column(sqlite3 *db, const char *table, const char *column)
{
	int rc = sqlite3_table_column_metadata(
	    db, "main", table, column, NULL, NULL, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 1 : rc == SQLITE_ERROR ? 0 : -1;
}

static const char *text(sqlite3_stmt *s, int column)
{
	const void *p = sqlite3_column_text(s, column);

	return p ? p : "";
}

/* How the columns of a wanted table are asked for. */
#define COLUMNS                                      \
	"select name, type, \"notnull\", dflt_value" \
	" from pragma_table_info(?1, 'main') order by cid"

/* Columns that a table lacks are added to it, each by a statement. */
static int missing_columns(
    sqlite3 *want, sqlite3 *have, const char *table, struct buf *sql)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(want, COLUMNS, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *column = text(s, 0), *def = text(s, 3);
		const char *type = text(s, 1);
		int has = has_column(have, table, column);

		if (has < 0) {
			rc = SQLITE_ERROR;
			break;
		}
		if (has)
			continue;
		buf_printf(sql,
		    "alter table \"%s\" add column \"%s\" %s%s%s%s;\n", table,
		    column, type, sqlite3_column_int(s, 2) ? " not null" : "",
		    *def ? " default " : "", def);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A view of an older sp makes place; one of the user's own does not. */
static int old_view(
    sqlite3 *have, const char *name, const char *wanted, struct buf *sql)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(have,
	    "select 1 from main.sqlite_master where name = ?1 collate nocase"
	    " and type = 'view' and sql <> ?2"
	    " and sql like '% as /* sp */%'",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, wanted, -1, SQLITE_STATIC);
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		buf_printf(sql, "drop view main.\"%s\";\n%s;\n", name, wanted);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* An object that is there, but may be another than is wanted. */
static int missing_parts(sqlite3 *want, sqlite3 *have, const char *type,
    const char *name, const char *wanted, struct buf *sql)
{
	if (sqlite3_stricmp(type, "table") == 0)
		return missing_columns(want, have, name, sql);
	if (sqlite3_stricmp(type, "view") == 0)
		return old_view(have, name, wanted, sql);
	return SQLITE_OK;
}

int schema_missing(sqlite3 *want, sqlite3 *have, bool tables, struct buf *sql)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(want,
	    "select type, name, sql from main.sqlite_master"
	    " where sql is not null and (type = 'table' or not ?1)"
	    " order by type = 'table' desc, rowid",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int(s, 1, tables);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *type = text(s, 0), *name = text(s, 1);
		const char *wanted = text(s, 2);
		int has = has_object(have, name);

		rc = has < 0 ? SQLITE_ERROR : SQLITE_OK;
		if (rc == SQLITE_OK && !has)
			buf_printf(sql, "%s;\n", wanted);
		else if (rc == SQLITE_OK)
			rc = missing_parts(want, have, type, name, wanted, sql);
		if (rc != SQLITE_OK)
			break;
	}
	sqlite3_finalize(s);
	if (rc == SQLITE_DONE && sql->failed)
		rc = SQLITE_TOOBIG;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static struct slice text_of(sqlite3_value *value)
{
	const void *p = sqlite3_value_text(value);

	return (struct slice){p, (size_t)sqlite3_value_bytes(value)};
}

/* denied(endpoint, reason) in SQL: what a 403 with this reason is about. */
static void denied(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct slice endpoint = text_of(values[0]), reason = text_of(values[1]);

	(void)count;
	sqlite3_result_text(context,
	    denial_name(denial_of(403, endpoint, reason)), -1, SQLITE_STATIC);
}

int schema_complete(sqlite3 *db)
{
	int rc = sqlite3_create_function(
	    db, "denied", 2, SQLITE_UTF8, NULL, denied, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = db_exec(db, "update endpoint_status"
				 " set denied = denied(endpoint, reason)"
				 " where status = 403 and denied is null");
	sqlite3_create_function(
	    db, "denied", 2, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	return rc;
}

bool schema_is_absent(sqlite3 *want, sqlite3 *have)
{
	sqlite3_stmt *s;
	int has = 0;

	if (sqlite3_prepare_v2(want,
		"select name from main.sqlite_master where type = 'table'", -1,
		&s, NULL) != SQLITE_OK)
		return false;
	while (has == 0 && sqlite3_step(s) == SQLITE_ROW)
		has = has_object(have, text(s, 0));
	sqlite3_finalize(s);
	return has == 0;
}
