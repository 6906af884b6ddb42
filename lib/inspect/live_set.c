#include "inspect/live_set.h"

#include "inspect/digest.h"

bool live_set_covers(const struct table *t)
{
	return (digest_covers(t) && t->kind != TABLE_LIST) ||
	       slice_is(t->name, "playlist_pages");
}

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
	for (size_t i = 0;
	     !t->user_made && i < sizeof(others) / sizeof(*others); i++)
		if (slice_is(t->columns[column].name, others[i]))
			return true;
	return false;
}

/* The members of a column of JSON, as `j`; of none that is no JSON. */
static void put_members(sqlite3_str *s, const struct table *t, int column)
{
	const char *name = t->columns[column].name.p;

	sqlite3_str_appendf(s,
	    "json_each(iif(json_valid(\"%w\"), \"%w\", '[]')) j", name, name);
}

/* Whether a row has values of which it is not known where they come from. */
static void put_is_unknown(sqlite3_str *s, const struct table *t)
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

static void put_insert(
    sqlite3_str *s, const struct table *t, const char *into, const char *column)
{
	sqlite3_str_appendf(s,
	    "insert or ignore into %s select %s from \"%w\""
	    " where %s > 0;",
	    into, column, t->name.p, column);
}

void live_set_put_sources(
    sqlite3_str *s, const struct table *t, const char *into)
{
	if (t->row_source >= 0)
		put_insert(s, t, into, "row_source");
	if (t->first_source >= 0)
		put_insert(s, t, into, "first_source");
	if (t->column_sources >= 0) {
		sqlite3_str_appendf(s,
		    "insert or ignore into %s select j.value from \"%w\", ",
		    into, t->name.p);
		put_members(s, t, t->column_sources);
		sqlite3_str_appendall(
		    s, " where column_sources is not null and j.value > 0;");
	}
	if (t->list_sources >= 0) {
		sqlite3_str_appendf(s,
		    "insert or ignore into %s select j.value->>1"
		    " from \"%w\", ",
		    into, t->name.p);
		put_members(s, t, t->list_sources);
		sqlite3_str_appendall(
		    s, " where j.value->>0 >= 0 and j.value->>1 > 0;");
	}
}

void live_set_put_times(sqlite3_str *s, const struct table *t)
{
	const char *between = "";

	for (unsigned i = 0; i < t->count; i++) {
		bool listed = (int)i == t->times;

		if (!listed && !is_time(t, i))
			continue;
		sqlite3_str_appendf(s, "%sselect ", between);
		if (listed)
			sqlite3_str_appendall(s, "j.value");
		else
			sqlite3_str_appendf(s, "\"%w\"", t->columns[i].name.p);
		sqlite3_str_appendf(s, " from \"%w\"", t->name.p);
		if (listed) {
			sqlite3_str_appendall(s, ", ");
			put_members(s, t, t->times);
		}
		sqlite3_str_appendall(s, " where ");
		put_is_unknown(s, t);
		between = " union ";
	}
	if (!*between)
		sqlite3_str_appendall(s, "select null where false");
}

void live_set_put_unknown(sqlite3_str *s, const struct table *t)
{
	sqlite3_str_appendf(s, "select count(*) from \"%w\" where ", t->name.p);
	put_is_unknown(s, t);
	/* With RULE_LAST, every written column has a time. */
	if (t->kind != TABLE_BY_COLUMN || t->last >= 0)
		sqlite3_str_appendall(s, " and false");
	for (unsigned i = 0; i < t->count; i++)
		if (is_time(t, i))
			sqlite3_str_appendf(
			    s, " and \"%w\" is null", t->columns[i].name.p);
}

void live_set_put_count(sqlite3_str *s, const struct table *t,
    const char *sources, const char *times)
{
	sqlite3_str_appendall(s, "select coalesce(sum(false");
	if (t->row_source >= 0)
		sqlite3_str_appendf(s, " or row_source in %s", sources);
	if (t->first_source >= 0)
		sqlite3_str_appendf(s, " or first_source in %s", sources);
	if (t->column_sources >= 0) {
		sqlite3_str_appendall(s, " or exists (select 1 from ");
		put_members(s, t, t->column_sources);
		sqlite3_str_appendf(s, " where j.value in %s)", sources);
	}
	for (unsigned i = 0; i < t->count; i++)
		if (is_time(t, i)) {
			sqlite3_str_appendf(s, " or (\"%w\" in %s and ",
			    t->columns[i].name.p, times);
			put_is_unknown(s, t);
			sqlite3_str_appendall(s, ")");
		}
	sqlite3_str_appendf(s, "), 0), count(*) from \"%w\"", t->name.p);
}
