#include "merge/statements.h"

#include "db/db.h"

/* Prepare the text that was built, and free it. */
static int prepare(sqlite3 *db, sqlite3_str *text, sqlite3_stmt **stmt)
{
	char *sql = sqlite3_str_finish(text);
	int rc = sqlite3_prepare_v3(
	    db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);

	sqlite3_free(sql);
	return rc;
}

static int execute(sqlite3 *db, sqlite3_str *text)
{
	char *sql = sqlite3_str_finish(text);
	int rc = db_exec(db, sql);

	sqlite3_free(sql);
	return rc;
}

/* The keys, separated, each followed by `after`. */
static void put_keys(sqlite3_str *s, const struct table *t, const char *between,
    const char *after)
{
	for (unsigned i = 0; i < t->key_count; i++)
		sqlite3_str_appendf(s, "%s\"%w\"%s", i ? between : "",
		    t->columns[t->keys[i]].name.p, after);
}

static void put_where(sqlite3_str *s, const struct table *t)
{
	sqlite3_str_appendall(s, " where ");
	put_keys(s, t, " and ", " = ?");
}

static int prepare_find(sqlite3 *db, const struct table *t, const char *prefix,
    bool ahead, sqlite3_stmt **stmt)
{
	sqlite3_str *s = sqlite3_str_new(db);

	sqlite3_str_appendall(s, "select ");
	for (unsigned i = 0; i < t->count; i++)
		sqlite3_str_appendf(
		    s, "%s\"%w\"", i ? ", " : "", t->columns[i].name.p);
	sqlite3_str_appendf(s, " from %s%w\"", prefix, t->name.p);
	if (!ahead) {
		put_where(s, t);
		return prepare(db, s, stmt);
	}
	sqlite3_str_appendall(s, " where (");
	put_keys(s, t, ", ", "");
	sqlite3_str_appendall(s, ") >= (");
	for (unsigned i = 0; i < t->key_count; i++)
		sqlite3_str_appendall(s, i ? ", ?" : "?");
	sqlite3_str_appendall(s, ") order by ");
	put_keys(s, t, ", ", "");
	sqlite3_str_appendall(s, " limit 1");
	return prepare(db, s, stmt);
}

/* A value to write; a NOT NULL column without one has its default. */
static void put_parameter(sqlite3_str *s, const struct column *c)
{
	if (c->fallback)
		sqlite3_str_appendf(s, "coalesce(?, %s)", c->fallback);
	else
		sqlite3_str_appendall(s, "?");
}

/* Insert rows; `into` is the statement as far as the names of columns. */
static int prepare_insert(sqlite3 *db, const struct table *t, const char *into,
    unsigned rows, sqlite3_stmt **stmt)
{
	sqlite3_str *s = sqlite3_str_new(db);
	const char *comma = "";

	sqlite3_str_appendf(s, into, t->name.p);
	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i].rule != RULE_NONE) {
			sqlite3_str_appendf(
			    s, "%s\"%w\"", comma, t->columns[i].name.p);
			comma = ", ";
		}
	sqlite3_str_appendall(s, ") values ");
	for (unsigned row = 0; row < rows; row++) {
		comma = row ? ", (" : "(";
		for (unsigned i = 0; i < t->count; i++)
			if (t->columns[i].rule != RULE_NONE) {
				sqlite3_str_appendall(s, comma);
				put_parameter(s, &t->columns[i]);
				comma = ", ";
			}
		sqlite3_str_appendall(s, ")");
	}
	return prepare(db, s, stmt);
}

int statements_prepare_many(struct table *t)
{
	if (t->insert_many && t->many_triggers == t->triggers)
		return SQLITE_OK;
	sqlite3_finalize(t->insert_many);
	t->insert_many = NULL;
	t->many_triggers = t->triggers;
	/* "or fail" would also hold for what triggers insert. */
	return prepare_insert(sqlite3_db_handle(t->insert), t,
	    t->triggers == TRIGGERS_NONE ? "insert or fail into main.\"%w\" ("
					 : "insert into main.\"%w\" (",
	    WRITE_MANY, &t->insert_many);
}

static int prepare_update(sqlite3 *db, struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(db);
	const char *comma = "";

	sqlite3_str_appendf(s, "update main.\"%w\" set ", t->name.p);
	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i].rule != RULE_NONE &&
		    t->columns[i].rule != RULE_KEY) {
			sqlite3_str_appendf(
			    s, "%s\"%w\" = ", comma, t->columns[i].name.p);
			put_parameter(s, &t->columns[i]);
			comma = ", ";
		}
	put_where(s, t);
	/* If all columns are keys, nothing can be updated. */
	if (!*comma) {
		sqlite3_free(sqlite3_str_finish(s));
		return SQLITE_OK;
	}
	return prepare(db, s, &t->update);
}

static int prepare_remove(sqlite3 *db, struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(db);

	sqlite3_str_appendf(s, "delete from main.\"%w\"", t->name.p);
	put_where(s, t);
	return prepare(db, s, &t->remove);
}

/* The temporary table that overlays the real one. */
static int make_overlay(sqlite3 *db, const struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(db);

	sqlite3_str_appendf(s,
	    "create temp table \"overlay_%w\" as select * from \"%w\" where 0;"
	    "create unique index temp.\"overlay_key_%w\" on \"overlay_%w\" (",
	    t->name.p, t->name.p, t->name.p, t->name.p);
	put_keys(s, t, ", ", "");
	sqlite3_str_appendall(s, ")");
	return execute(db, s);
}

int statements_prepare(sqlite3 *db, struct table *t, bool overlay)
{
	int rc = SQLITE_OK;

	if (overlay)
		rc = make_overlay(db, t);
	if (rc == SQLITE_OK && overlay)
		rc = prepare_find(
		    db, t, "temp.\"overlay_", false, &t->find_overlay);
	if (rc == SQLITE_OK)
		rc = prepare_insert(db, t,
		    overlay ? "insert or replace into temp.\"overlay_%w\" ("
			    : "insert into main.\"%w\" (",
		    1, &t->insert);
	if (rc == SQLITE_OK && !overlay)
		rc = prepare_update(db, t);
	if (rc == SQLITE_OK && !overlay)
		rc = prepare_remove(db, t);
	if (rc == SQLITE_OK)
		rc = prepare_find(
		    db, t, "\"", !overlay && !t->user_made, &t->find);
	return rc;
}

#define TOMBSTONES "playlist_ingest_done"
#define TOMBSTONES_OVERLAY "temp.overlay_playlist_ingest_done"
#define TOMBSTONE_FIND(table) \
	"select done_at, row_source from " table " where playlist_id = ?"
#define TOMBSTONE_WRITE(table)                                    \
	"insert or replace into " table " (playlist_id, done_at," \
	" row_source) values (?, ?, ?)"

int statements_prepare_tombstones(sqlite3 *db, bool overlay,
    sqlite3_stmt **find, sqlite3_stmt **find_overlay, sqlite3_stmt **write)
{
	int rc = SQLITE_OK;

	if (overlay)
		rc = db_exec(db, "create temp table overlay_" TOMBSTONES
				 " (playlist_id text primary key, done_at text,"
				 " row_source integer)");
	if (rc == SQLITE_OK && overlay)
		rc = sqlite3_prepare_v2(db, TOMBSTONE_FIND(TOMBSTONES_OVERLAY),
		    -1, find_overlay, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db,
		    overlay ? TOMBSTONE_WRITE(TOMBSTONES_OVERLAY)
			    : TOMBSTONE_WRITE("main." TOMBSTONES),
		    -1, write, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(
		    db, TOMBSTONE_FIND(TOMBSTONES), -1, find, NULL);
	return rc;
}
