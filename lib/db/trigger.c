#include "db/trigger.h"

#include "db/db.h"
#include "db/statements.h"

/* Whether changes of a table can be compiled, with its triggers. */
static bool triggers_compile(sqlite3 *db, struct slice table)
{
	struct query q;
	bool good = true;

	query_prepare(&q, db, &sql_changes_of_table);
	query_bind_text(&q, ":table", table);
	while (good && query_step(&q))
		good = db_exec(db, query_string(&q, 0)) == SQLITE_OK;
	return query_finish(&q) == SQLITE_OK && good;
}

static bool drop(sqlite3 *db, struct slice trigger)
{
	struct query q;
	bool good;

	query_prepare(&q, db, &sql_drop_trigger);
	query_bind_text(&q, ":trigger", trigger);
	good = query_step(&q) && db_exec(db, query_string(&q, 0)) == SQLITE_OK;
	return query_finish(&q) == SQLITE_OK && good;
}

/*
 * Triggers dropped before this one stay so: they may be broken, too, and would
 * hide it.
 */
bool trigger_find_broken(sqlite3 *db, struct buf *name)
{
	struct query q;
	bool found = false;

	if (db_exec(db, "savepoint triggers"))
		return false;
	query_prepare(&q, db, &sql_triggers);
	while (!found && query_step(&q)) {
		struct slice trigger = query_text(&q, 0);
		struct slice table = query_text(&q, 1);

		found = !triggers_compile(db, table) && drop(db, trigger) &&
			triggers_compile(db, table);
		if (found)
			buf_printf(name, "trigger '%s'", trigger.p);
	}
	query_finish(&q);
	db_exec(db, "rollback to triggers");
	db_exec(db, "release triggers");
	return found;
}

struct effects {
	const char *table;
	bool here;
};

/* An authorizer: it is called for all that a statement and its triggers do. */
static int see_action(void *ctx, int action, const char *table,
    const char *column, const char *schema, const char *trigger)
{
	struct effects *e = ctx;

	(void)column, (void)schema;
	if (trigger && sqlite3_stricmp(table, e->table) == 0 &&
	    (action == SQLITE_INSERT || action == SQLITE_UPDATE ||
		action == SQLITE_DELETE))
		e->here = true;
	return SQLITE_OK;
}

int trigger_find_effects(
    sqlite3 *db, struct slice table, enum trigger_effects *effects)
{
	struct effects e = {.table = table.p};
	struct query q;
	bool exists;
	int rc;

	*effects = TRIGGERS_NONE;
	query_prepare(&q, db, &sql_has_trigger);
	query_bind_text(&q, ":table", table);
	exists = query_step(&q);
	rc = query_finish(&q);
	if (rc != SQLITE_OK || !exists)
		return rc;
	sqlite3_set_authorizer(db, see_action, &e);
	e.here |= !triggers_compile(db, table);
	sqlite3_set_authorizer(db, NULL, NULL);
	*effects = e.here ? TRIGGERS_HERE : TRIGGERS_ELSEWHERE;
	return SQLITE_OK;
}
