#include "merge/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/mem.h"
#include "db/db.h"

/* Tables that are not merged by the names of their columns. */
static const struct table_rule {
	const char *table;
	enum table_kind kind;
	bool deferred, covers, sparse_last;
	const char *keys[8]; /* if not the primary key */
} specials[] = {
    {"accounts", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"album_artists", TABLE_BY_COLUMN, false, false, true, {NULL}},
    {"cursors", TABLE_CURSOR, true, false, false, {NULL}},
    {"episode_history", TABLE_BY_COLUMN, false, false, true, {NULL}},
    {"ingest_errors", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"ingest_runs", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"lifted_deadlines", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"play_coverage", TABLE_BY_COLUMN, false, true, false, {NULL}},
    {"play_history", TABLE_BY_COLUMN, false, false, true,
	{"played_at", "user_id", "track_id", NULL}},
    {"play_matches", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"playlist_ingest_done", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"playlist_ingest_queue", TABLE_QUEUE, false, false, false, {NULL}},
    {"playlist_pages", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"playlist_tracks", TABLE_LIST, false, false, false, {NULL}},
    {"sources", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"staging_bodies", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"staging_raw", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"streaming_history", TABLE_BY_COLUMN, false, false, true,
	{"ts", "user_id", "item", "offline_timestamp", "ms_played", "nth",
	    NULL}},
    {"track_artists", TABLE_BY_COLUMN, false, false, true, {NULL}},
    {"unmatched_spans", TABLE_NOT_LOADED, false, false, false, {NULL}},
    {"user_playlists", TABLE_BY_COLUMN, false, false, false, {NULL}},
    {"user_relationships", TABLE_BY_COLUMN, false, false, false, {NULL}},
};

/* Columns by name: of one table, or of any. */
static const struct {
	const char *table;
	const char *column;
	enum column_rule rule;
} rules[] = {
    {NULL, "created_at", RULE_FIRST},
    {NULL, "ingested_at", RULE_FIRST},
    {NULL, "last_updated", RULE_LAST},
    {NULL, "column_times", RULE_TIMES},
    {NULL, "row_source", RULE_ROW_SOURCE},
    {NULL, "first_source", RULE_FIRST_SOURCE},
    {NULL, "column_sources", RULE_COLUMN_SOURCES},
    {"play_history", "play_id", RULE_NONE},
    {"streaming_history", "stream_id", RULE_NONE},
    {NULL, "first_seen", RULE_MIN},
    {NULL, "last_seen", RULE_MAX},
    {"cursors", "value", RULE_TABLE},
    {"playlist_ingest_done", "done_at", RULE_TABLE},
    {"playlist_ingest_queue", "detected_at", RULE_TABLE},
    {"playlist_ingest_queue", "played_at", RULE_TABLE},
    {"playlist_ingest_queue", "user_id", RULE_TABLE},
    {"playlist_tracks", "track_id", RULE_TABLE},
    {"playlist_tracks", "uri", RULE_TABLE},
    {"playlist_tracks", "added_at", RULE_TABLE},
    {"playlist_tracks", "added_by", RULE_TABLE},
    {"playlist_tracks", "kind", RULE_TABLE},
    {"playlists", "tracks_list", RULE_LIST},
    {"playlists", "tracks_snapshot_id", RULE_LIST},
    {"playlists", "tracks_updated", RULE_LIST},
    {"playlists", "tracks_sources", RULE_LIST_SOURCES},
};

static const struct table_rule *special_of(struct slice table)
{
	for (size_t i = 0; i < COUNT_OF(specials); i++)
		if (slice_is(table, specials[i].table))
			return &specials[i];
	return NULL;
}

int table_column(const struct table *t, struct slice name)
{
	for (unsigned i = 0; i < t->count; i++)
		if (slice_eq(t->columns[i].name, name))
			return (int)i;
	return -1;
}

unsigned table_key(const struct table *t, unsigned place)
{
	unsigned user = 0;

	while (user < t->key_count &&
	       !slice_is(t->columns[t->keys[user]].name, "user_id"))
		user++;
	if (user == t->key_count || place > user)
		return t->keys[place];
	return t->keys[place ? place - 1 : user];
}

static bool is_time(struct slice name)
{
	return slice_ends(name, SLICE("_at")) ||
	       slice_ends(name, SLICE("_updated")) ||
	       slice_ends(name, SLICE("_refreshed")) ||
	       slice_ends(name, SLICE("_seen")) ||
	       slice_starts(name, SLICE("covered_"));
}

/* Whether a declared type has a word in it, in any case of letters. */
static bool declares(const char *type, const char *word)
{
	char pattern[16];

	snprintf(pattern, sizeof(pattern), "%%%s%%", word);
	return sqlite3_strlike(pattern, type, 0) == 0;
}

static bool is_id(struct slice name)
{
	return slice_ends(name, SLICE("_id")) || slice_is(name, "id") ||
	       slice_ends(name, SLICE("_uri")) || slice_is(name, "uri");
}

static enum column_type type_of(
    const struct table *t, struct slice name, const char *declared)
{
	if (declares(declared, "bool"))
		return COLUMN_BOOLEAN;
	if (declares(declared, "int"))
		return COLUMN_INTEGER;
	if (declares(declared, "real") || declares(declared, "floa") ||
	    declares(declared, "doub"))
		return COLUMN_REAL;
	if (slice_ends(name, SLICE("_json")))
		return COLUMN_JSON;
	if (!t->user_made && slice_is(name, "ts"))
		return COLUMN_TIME;
	return is_time(name) ? COLUMN_TIME : COLUMN_TEXT;
}

/* Whether SQLite stores text that looks like a number as one. */
static bool makes_numbers(enum column_type type, const char *declared)
{
	return (type == COLUMN_TEXT || type == COLUMN_JSON ||
		   type == COLUMN_TIME) &&
	       declared && *declared && !declares(declared, "char") &&
	       !declares(declared, "clob") && !declares(declared, "text") &&
	       !declares(declared, "blob");
}

static enum column_rule rule_of(const struct table *t, struct slice column)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (slice_is(column, rules[i].column) &&
		    (!rules[i].table || slice_is(t->name, rules[i].table)))
			return rules[i].rule;
	return RULE_LWW;
}

/* A copy with a NUL behind it. */
static char *copy_name(struct slice *to, struct slice name)
{
	char *p = mem_string_slice(name);

	*to = (struct slice){p, name.n};
	return p;
}

/* Add a column from a result of read_columns. */
static void add_column(struct table *t, sqlite3_stmt *s)
{
	const void *name = sqlite3_column_text(s, 0);
	const char *type = (const void *)sqlite3_column_text(s, 1);
	const void *fallback = sqlite3_column_text(s, 4);
	struct column *c = &t->columns[t->count];
	int pk = sqlite3_column_int(s, 3);

	c->name_copy = copy_name(&c->name, slice_of(name));
	c->type = type_of(t, c->name, type ? type : "");
	c->makes_numbers = makes_numbers(c->type, type);
	c->rule = rule_of(t, c->name);
	c->not_null = sqlite3_column_int(s, 2) != 0;
	c->empty_is_null = is_id(c->name);
	if (c->not_null)
		c->fallback = mem_string(fallback);
	if (pk > 0 && pk <= TABLE_COLUMNS_MAX) {
		t->keys[pk - 1] = t->count;
		t->key_count++;
	}
	t->count++;
}

/* The columns of a table. Names are case-sensitive: tracks is not Tracks. */
static bool read_columns(struct tables *ts, struct table *t)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(ts->db,
	    "select name, type, \"notnull\", pk, dflt_value"
	    " from pragma_table_info(?1, 'main')"
	    " where exists (select 1 from main.sqlite_master where name = ?1)"
	    " order by cid",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return false;
	db_bind_text(s, 1, t->name);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		if (t->count == TABLE_COLUMNS_MAX) {
			t->kind = TABLE_NOT_LOADED;
			rc = SQLITE_DONE;
			break;
		}
		add_column(t, s);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE;
}

/* Set the key of a table if it is not the primary key. */
static void set_special_keys(struct table *t, const struct table_rule *special)
{
	if (!special || !special->keys[0])
		return;
	t->key_count = 0;
	for (unsigned i = 0; special->keys[i]; i++) {
		int c = table_column(t, slice_of(special->keys[i]));

		if (c >= 0)
			t->keys[t->key_count++] = (unsigned)c;
	}
}

static int column_of_rule(const struct table *t, enum column_rule rule)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i].rule == rule)
			return (int)i;
	return -1;
}

static void sort_by_name(struct table *t)
{
	for (unsigned i = 0; i < t->count; i++) {
		unsigned at = i;

		for (; at > 0; at--) {
			unsigned before = t->by_name[at - 1];

			if (slice_cmp(t->columns[before].name,
				t->columns[i].name) <= 0)
				break;
			t->by_name[at] = before;
		}
		t->by_name[at] = i;
	}
}

/* Complete the rules once all columns are known. */
static void finish_table(struct table *t, const struct table_rule *special)
{
	sort_by_name(t);
	set_special_keys(t, special);
	for (unsigned i = 0; i < t->key_count; i++) {
		struct column *c = &t->columns[t->keys[i]];

		c->rule = RULE_KEY;
		/* The subject of an endpoint that has only one is "", and so
		   is the item of a stream of which nothing is known. */
		c->empty_is_null |= !t->user_made &&
				    !slice_is(c->name, "subject") &&
				    !slice_is(c->name, "item");
		if (slice_is(c->name, "user_id"))
			t->of_user = t->key_count > 1;
	}
	t->first = column_of_rule(t, RULE_FIRST);
	t->last = column_of_rule(t, RULE_LAST);
	t->times = column_of_rule(t, RULE_TIMES);
	t->row_source = column_of_rule(t, RULE_ROW_SOURCE);
	t->first_source = column_of_rule(t, RULE_FIRST_SOURCE);
	t->column_sources = column_of_rule(t, RULE_COLUMN_SOURCES);
	t->list_sources = column_of_rule(t, RULE_LIST_SOURCES);
	t->earliest = t->first >= 0 ? t->first : column_of_rule(t, RULE_MIN);
	if (special) {
		t->kind = t->kind ? t->kind : special->kind;
		t->deferred = special->deferred;
		t->covers = special->covers;
		t->sparse_last = special->sparse_last;
	} else if (t->kind == TABLE_UNKNOWN) {
		t->kind = t->last >= 0 && t->times >= 0 ? TABLE_BY_COLUMN
							: TABLE_NOT_LOADED;
	}
	/* Last writer wins needs RULE_TIMES. */
	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i].rule == RULE_LWW &&
		    (t->times < 0 || t->last < 0))
			t->columns[i].rule = RULE_NONE;
	if (t->key_count == 0)
		t->kind = TABLE_NOT_LOADED;
}

/* Whether a table is of sp's schema, not made by a user. */
static bool is_ours(struct slice name)
{
	static const char *const merged[] = {"tracks", "albums", "artists",
	    "episodes", "shows", "playlists", "users", "endpoint_status",
	    "playlist_item_history", "streaming_coverage", "catalogue_answers"};

	for (size_t i = 0; i < COUNT_OF(merged); i++)
		if (slice_is(name, merged[i]))
			return true;
	return special_of(name) != NULL;
}

static void table_free(struct table *t)
{
	if (!t)
		return;
	sqlite3_finalize(t->find);
	sqlite3_finalize(t->find_overlay);
	sqlite3_finalize(t->insert);
	sqlite3_finalize(t->insert_many);
	sqlite3_finalize(t->update);
	sqlite3_finalize(t->remove);
	for (unsigned i = 0; i < t->count; i++) {
		free(t->columns[i].name_copy);
		free(t->columns[i].fallback);
	}
	free(t->name_copy);
	free(t);
}

/*
 * Virtual tables are the user's: rows are not merged into them, and one whose
 * module this program lacks cannot be read at all.
 */
static bool is_virtual(struct tables *ts, struct slice name)
{
	sqlite3_stmt *s;
	bool found;

	if (sqlite3_prepare_v2(ts->db,
		"select 1 from main.sqlite_master where name = ?1"
		" and sql like 'create virtual table%'",
		-1, &s, NULL) != SQLITE_OK)
		return false;
	db_bind_text(s, 1, name);
	found = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_finalize(s);
	return found;
}

static struct table *table_read(struct tables *ts, struct slice name)
{
	struct table *t = mem_zero(1, sizeof(*t));

	t->first = t->last = t->times = t->earliest = -1;
	t->row_source = t->first_source = -1;
	t->column_sources = t->list_sources = -1;
	t->user_made = !is_ours(name);
	t->name_copy = copy_name(&t->name, name);
	if (t->user_made && is_virtual(ts, name))
		t->kind = TABLE_NOT_LOADED;
	if (t->kind != TABLE_NOT_LOADED && !read_columns(ts, t)) {
		table_free(t);
		return NULL;
	}
	/* SQLite's own tables are not loaded. */
	if (slice_starts(name, SLICE("sqlite_")))
		t->kind = TABLE_NOT_LOADED;
	else if (t->count > 0)
		finish_table(t, special_of(name));
	return t;
}

struct table *tables_find(struct tables *ts, struct slice name)
{
	struct table *t;

	if (ts->last && slice_eq(ts->last->name, name))
		return ts->last;
	for (size_t i = 0; i < ts->count; i++)
		if (slice_eq(ts->list[i]->name, name))
			return ts->last = ts->list[i];
	t = table_read(ts, name);
	if (!t)
		return NULL;
	if (t->count == 0 && t->kind == TABLE_UNKNOWN) {
		/* One is enough: unknown names may come without end. */
		table_free(ts->unknown);
		return ts->unknown = t;
	}
	ts->list = mem_resize(ts->list, ts->count + 1, sizeof(void *));
	t->index = (unsigned)ts->count;
	ts->list[ts->count++] = t;
	return ts->last = t;
}

void tables_release(struct tables *ts)
{
	for (size_t i = 0; i < ts->count; i++)
		table_free(ts->list[i]);
	free(ts->list);
	table_free(ts->unknown);
	*ts = (struct tables){.db = NULL};
}
