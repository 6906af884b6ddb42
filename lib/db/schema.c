#include "db/schema.h"

#include "base/builtin.h"
#include "db/db.h"
#include "db/statements.h"
#include "spotify/denial.h"

int schema_create(sqlite3 *db)
{
	int rc = SQLITE_OK;

	for (const struct builtin_file *f = builtin_schema; f->name && !rc; f++)
		rc = db_exec(db, f->text);
	return rc;
}

static int has_object(sqlite3 *have, struct slice name, bool *has)
{
	struct query q;

	query_prepare(&q, have, &sql_has_object);
	query_bind_text(&q, ":name", name);
	*has = query_step(&q);
	return query_finish(&q);
}

/* Without a statement, because there are many columns. */
static int has_column(
    sqlite3 *have, const char *table, const char *column, bool *has)
{
	int rc = sqlite3_table_column_metadata(
	    have, "main", table, column, NULL, NULL, NULL, NULL, NULL);

	*has = rc == SQLITE_OK;
	return rc == SQLITE_ERROR ? SQLITE_OK : rc;
}

/* Append a statement for each column that a table lacks. */
static int put_columns(
    sqlite3 *want, sqlite3 *have, struct slice table, struct buf *sql)
{
	struct query q;
	bool has;

	query_prepare(&q, want, &sql_wanted_columns);
	query_bind_text(&q, ":table", table);
	while (query_step(&q)) {
		const char *column = query_string(&q, 0);

		query_fail(&q, has_column(have, table.p, column, &has));
		if (has || q.rc != SQLITE_OK)
			continue;
		buf_printf(sql,
		    "alter table \"%s\" add column \"%s\" %s%s%s%s;\n", table.p,
		    column, query_string(&q, 1),
		    query_int(&q, 2) ? " not null" : "",
		    query_is_null(&q, 3) ? "" : " default ",
		    query_string(&q, 3));
	}
	return query_finish(&q);
}

/* Append statements that replace an outdated view or index. */
static int put_replacement(sqlite3 *have, struct slice type, struct slice name,
    struct slice wanted, struct buf *sql)
{
	struct query q;

	query_prepare(&q, have, &sql_is_outdated);
	query_bind_text(&q, ":type", type);
	query_bind_text(&q, ":name", name);
	query_bind_text(&q, ":wanted", wanted);
	if (query_step(&q))
		buf_printf(sql, "drop %s main.\"%s\";\n%s;\n", type.p, name.p,
		    wanted.p);
	return query_finish(&q);
}

/*
 * Append statements that put a view in the place of a table of an earlier sp,
 * which stays under another name. Views of the user's own see the new one.
 */
static int put_former_table(sqlite3 *have, struct slice type, struct slice name,
    struct slice wanted, struct buf *sql)
{
	struct query q;

	query_prepare(&q, have, &sql_is_former_table);
	query_bind_text(&q, ":type", type);
	query_bind_text(&q, ":name", name);
	if (query_step(&q))
		buf_printf(sql,
		    "pragma legacy_alter_table = on;\n"
		    "alter table main.\"%s\" rename to \"former_%s\";\n"
		    "pragma legacy_alter_table = off;\n%s;\n",
		    name.p, name.p, wanted.p);
	return query_finish(&q);
}

/* Append a statement for what is not there, or is there in an older form. */
static int put_object(
    sqlite3 *want, sqlite3 *have, struct query *wanted, struct buf *sql)
{
	struct slice type = query_text(wanted, 0);
	struct slice name = query_text(wanted, 1);
	struct slice text = query_text(wanted, 2);
	bool has;
	int rc = has_object(have, name, &has);

	if (rc != SQLITE_OK)
		return rc;
	if (!has) {
		buf_printf(sql, "%s;\n", text.p);
		return SQLITE_OK;
	}
	if (slice_is(type, "table"))
		return put_columns(want, have, name, sql);
	rc = put_replacement(have, type, name, text, sql);
	return rc ? rc : put_former_table(have, type, name, text, sql);
}

int schema_missing(sqlite3 *want, sqlite3 *have, bool tables, struct buf *sql)
{
	struct query q;

	query_prepare(&q, want, &sql_wanted_objects);
	query_bind_int(&q, ":tables", tables);
	while (query_step(&q))
		query_fail(&q, put_object(want, have, &q, sql));
	if (sql->failed)
		query_fail(&q, SQLITE_TOOBIG);
	return query_finish(&q);
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

int schema_add_functions(sqlite3 *db)
{
	return sqlite3_create_function(
	    db, "denied", 2, SQLITE_UTF8, NULL, denied, NULL, NULL);
}

int schema_complete(sqlite3 *have)
{
	int rc = schema_add_functions(have);

	return rc ? rc : query_exec(have, &sql_complete_denied);
}

bool schema_is_absent(sqlite3 *want, sqlite3 *have)
{
	struct query q;
	bool has = false;

	query_prepare(&q, want, &sql_wanted_objects);
	query_bind_int(&q, ":tables", 1);
	while (!has && query_step(&q))
		query_fail(&q, has_object(have, query_text(&q, 1), &has));
	return query_finish(&q) == SQLITE_OK && !has;
}
