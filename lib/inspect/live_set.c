#include "inspect/live_set.h"

#include "base/array.h"
#include "db/db.h"
#include "db/query.h"
#include "inspect/digest.h"

bool live_set_covers(const struct table *t)
{
	return (digest_covers(t) && t->kind != TABLE_LIST) ||
	       slice_is(t->name, "playlist_pages");
}

/* Append the members of a column of JSON, as `j`: none if it is not valid. */
static void put_members(sqlite3_str *s, const struct table *t, int column)
{
	const char *name = t->columns[column].name.p;

	sqlite3_str_appendf(s,
	    "json_each(iif(json_valid(\"%w\"), \"%w\", '[]')) j", name, name);
}

/* --- values of unknown source: their times ------------------------------- */

/* Whether a column holds a time at which its row, or itself, was written. */
static bool is_time(const struct table *t, unsigned column)
{
	static const char *const others[] = {
	    "detected_at", "done_at", "told_at"};

	switch (t->columns[column].rule) {
	case RULE_FIRST:
	case RULE_LAST:
	case RULE_MIN:
	case RULE_MAX: return true;
	default: break;
	}
	for (size_t i = 0; !t->user_made && i < COUNT_OF(others); i++)
		if (slice_is(t->columns[column].name, others[i]))
			return true;
	return false;
}

void live_set_put_is_unknown(sqlite3_str *s, const struct table *t)
{
	if (t->row_source < 0) {
		sqlite3_str_appendall(s, "true");
		return;
	}
	sqlite3_str_appendall(s, "(row_source is null");
	if (t->first_source >= 0)
		sqlite3_str_appendall(s, " or first_source < 0");
	if (t->column_sources >= 0)
		sqlite3_str_appendall(
		    s, " or instr(column_sources, ':-1') > 0");
	sqlite3_str_appendall(s, ")");
}

/* Append the insertion of a column's times, or of the times of columns. */
static void put_times(sqlite3_str *s, const struct table *t, int column)
{
	sqlite3_str_appendall(s, "insert or ignore into temp.prune_times"
				 " select strftime('%Y-%m-%dT%H:%M:%fZ', ");
	if (column == t->times)
		sqlite3_str_appendall(s, "j.value");
	else
		sqlite3_str_appendf(s, "\"%w\"", t->columns[column].name.p);
	sqlite3_str_appendf(s, ") from \"%w\"", t->name.p);
	if (column == t->times) {
		sqlite3_str_appendall(s, ", ");
		put_members(s, t, column);
	}
	sqlite3_str_appendall(s, " where ");
	live_set_put_is_unknown(s, t);
	sqlite3_str_appendall(s, ";");
}

int live_set_count_unknown(sqlite3 *db, const struct table *t, int64_t *rows)
{
	sqlite3_str *s = sqlite3_str_new(db);
	struct query q;

	sqlite3_str_appendf(s, "select count(*) from \"%w\" where ", t->name.p);
	live_set_put_is_unknown(s, t);
	if (t->kind != TABLE_BY_COLUMN)
		sqlite3_str_appendall(s, " and false");
	for (unsigned i = 0; i < t->count; i++)
		if (is_time(t, i))
			sqlite3_str_appendf(
			    s, " and \"%w\" is null", t->columns[i].name.p);
	query_prepare_built(&q, db, "live_set_count_unknown", s);
	query_step(&q);
	*rows = query_int(&q, 0);
	return query_finish(&q);
}

/* --- sources ------------------------------------------------------------- */

/* Append the insertion of the sources in a column. */
static void put_source(sqlite3_str *s, const struct table *t, int column)
{
	if (column >= 0)
		sqlite3_str_appendf(s,
		    "insert or ignore into temp.prune_sources"
		    " select \"%w\" from \"%w\" where \"%w\" > 0;",
		    t->columns[column].name.p, t->name.p,
		    t->columns[column].name.p);
}

/* The same of a column of JSON; `source` and `where` are about its members. */
static void put_member_sources(sqlite3_str *s, const struct table *t,
    int column, const char *source, const char *where)
{
	if (column < 0)
		return;
	sqlite3_str_appendf(s,
	    "insert or ignore into temp.prune_sources"
	    " select %s from \"%w\", ",
	    source, t->name.p);
	put_members(s, t, column);
	sqlite3_str_appendf(s, " where \"%w\" is not null and %s;",
	    t->columns[column].name.p, where);
}

int live_set_collect(sqlite3 *db, const struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(db);
	char *sql;
	int rc;

	put_source(s, t, t->row_source);
	put_source(s, t, t->first_source);
	put_member_sources(s, t, t->column_sources, "j.value", "j.value > 0");
	put_member_sources(s, t, t->list_sources, "j.value->>1",
	    "j.value->>0 >= 0 and j.value->>1 > 0");
	for (int i = 0; i < (int)t->count; i++)
		if (i == t->times || is_time(t, (unsigned)i))
			put_times(s, t, i);
	sql = sqlite3_str_finish(s);
	rc = db_exec(db, sql ? sql : "");
	sqlite3_free(sql);
	return rc;
}

void live_set_put_has_source(
    sqlite3_str *s, const struct table *t, const char *sources)
{
	sqlite3_str_appendall(s, "false");
	if (t->row_source >= 0)
		sqlite3_str_appendf(s, " or row_source in (%s)", sources);
	if (t->first_source >= 0)
		sqlite3_str_appendf(s, " or first_source in (%s)", sources);
	if (t->column_sources >= 0) {
		sqlite3_str_appendall(s, " or exists (select 1 from ");
		put_members(s, t, t->column_sources);
		sqlite3_str_appendf(s, " where j.value in (%s))", sources);
	}
}

void live_set_put_was_written(
    sqlite3_str *s, const struct table *t, const char *times)
{
	sqlite3_str_appendall(s, "(false");
	for (unsigned i = 0; i < t->count; i++)
		if (is_time(t, i))
			sqlite3_str_appendf(s, " or \"%w\" in (%s)",
			    t->columns[i].name.p, times);
	sqlite3_str_appendall(s, ")");
}

int live_set_count_lost(
    sqlite3 *db, const struct table *t, int64_t *rows, int64_t *of)
{
	sqlite3_str *s = sqlite3_str_new(db);
	struct query q;

	sqlite3_str_appendall(s, "select coalesce(sum(");
	live_set_put_has_source(
	    s, t, "select source_id from temp.prune_plan where goes");
	sqlite3_str_appendall(s, " or (");
	live_set_put_is_unknown(s, t);
	sqlite3_str_appendall(s, " and ");
	live_set_put_was_written(
	    s, t, "select fetched_at from temp.prune_plan where goes");
	sqlite3_str_appendall(s, ")");
	sqlite3_str_appendf(s, "), 0), count(*) from \"%w\"", t->name.p);
	query_prepare_built(&q, db, "live_set_count_lost", s);
	query_step(&q);
	*rows = query_int(&q, 0);
	*of = query_int(&q, 1);
	return query_finish(&q);
}
