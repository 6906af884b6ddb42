#include "inspect/provenance.h"

#include <string.h>

#include "base/array.h"
#include "db/db.h"
#include "db/statements.h"
#include "inspect/loose_keys.h"
#include "merge/merge.h"

#define KEYS_MAX ((size_t)256 << 20)

void provenance_init(
    struct provenance *w, const struct table *t, char *const *keys)
{
	*w = (struct provenance){.table = t,
	    .text = BUF_INIT(KEYS_MAX),
	    .whole = BUF_INIT(KEYS_MAX),
	    .candidates = BUF_INIT(KEYS_MAX)};
	for (unsigned i = 0; i < t->key_count; i++)
		w->keys[i] = slice_of(keys[i]);
}

void provenance_release(struct provenance *w)
{
	buf_release(&w->text);
	buf_release(&w->whole);
	buf_release(&w->candidates);
}

static const struct column *key_column(const struct table *t, unsigned key)
{
	return &t->columns[table_key(t, key)];
}

/* --- the row ------------------------------------------------------------- */

static bool is_range(const struct provenance *w, unsigned key)
{
	return w->ends[key].p != NULL;
}

/* Prepare the query of the row that has the keys, as far as they are known. */
static void query_row(struct provenance *w, sqlite3 *db, struct query *row)
{
	const struct table *t = w->table;
	sqlite3_str *s = sqlite3_str_new(db);
	unsigned n = t->key_count;

	for (unsigned i = 0; i < t->count; i++)
		sqlite3_str_appendf(
		    s, "%s\"%w\"", i ? ", " : "select ", t->columns[i].name.p);
	sqlite3_str_appendf(s, " from \"%w\" where true", t->name.p);
	for (unsigned i = 0; i < n; i++)
		sqlite3_str_appendf(s,
		    is_range(w, i) ? " and \"%w\" >= ?%u and \"%w\" < ?%u"
				   : " and \"%w\" = ?%u",
		    key_column(t, i)->name.p, i + 1, key_column(t, i)->name.p,
		    n + i + 1);
	query_prepare_built(row, db, "row", s);
	for (unsigned i = 0; row->rc == SQLITE_OK && i < n; i++) {
		int at = (int)i + 1;

		query_fail(row, db_bind_text(row->stmt, at, w->keys[i]));
		at += (int)n;
		if (is_range(w, i))
			query_fail(
			    row, db_bind_text(row->stmt, at, w->ends[i]));
	}
}

/* Replace the keys by ids, and by ranges of times. */
static bool normalize_keys(struct provenance *w)
{
	size_t room = 1;

	for (unsigned i = 0; i < w->table->key_count; i++)
		room += 2 * w->keys[i].n + LOOSE_TIME_MAX + LOOSE_END_MAX;
	if (!buf_reserve(&w->text, room))
		return false;
	for (unsigned i = 0; i < w->table->key_count; i++) {
		const struct column *c = key_column(w->table, i);
		struct loose_time time;

		if (c->type == COLUMN_TIME) {
			time = loose_time(w->keys[i], &w->text);
			w->keys[i] = time.from;
			w->ends[i] = time.end;
		} else if (!slice_is(c->name, "item")) {
			w->keys[i] = loose_id(w->keys[i]);
		}
	}
	return true;
}

/* Let a key be the beginning of an id. */
static void loosen_key(struct provenance *w, unsigned key)
{
	if (key_column(w->table, key)->type == COLUMN_TEXT)
		w->ends[key] = loose_id_end(w->keys[key], &w->text);
}

static void add_candidate(struct provenance *w, struct query *row)
{
	struct buf *b = &w->candidates;

	w->alike++;
	if (w->alike > CANDIDATES_MAX) {
		buf_puts(b, w->alike == CANDIDATES_MAX + 1 ? ", ..." : "");
		return;
	}
	for (unsigned i = 0; i < w->table->key_count; i++) {
		buf_puts(b, i ? " " : w->alike > 1 ? ", " : "");
		buf_put_slice(b, query_text(row, (int)table_key(w->table, i)));
	}
}

/* Set the keys to those of the row. */
static bool take_keys(struct provenance *w, struct query *row)
{
	const struct table *t = w->table;
	size_t room = 1;

	for (unsigned i = 0; i < t->key_count; i++)
		room += query_text(row, (int)table_key(t, i)).n;
	if (!buf_reserve(&w->whole, room))
		return false;
	for (unsigned i = 0; i < t->key_count; i++) {
		struct slice key = query_text(row, (int)table_key(t, i));

		w->keys[i] = (struct slice){w->whole.p + w->whole.n, key.n};
		buf_put_slice(&w->whole, key);
	}
	return true;
}

/*
 * Find the row by its keys, else the only one that the keys, as people write
 * them, may mean: at first with whole ids, then with the last ones shortened.
 * True if the query is at the row; its text is borrowed.
 */
static bool find_row(struct provenance *w, sqlite3 *db, struct query *row)
{
	unsigned whole = w->table->key_count;

	query_row(w, db, row);
	if (query_step(row))
		return true;
	if (row->rc != SQLITE_OK || query_finish(row) != SQLITE_OK)
		return false;
	if (!normalize_keys(w)) {
		query_fail(row, SQLITE_TOOBIG);
		return false;
	}
	query_row(w, db, row);
	while (query_step(row))
		add_candidate(w, row);
	while (!w->alike && whole > 0 && query_finish(row) == SQLITE_OK) {
		loosen_key(w, --whole);
		query_row(w, db, row);
		while (query_step(row))
			add_candidate(w, row);
	}
	return w->alike == 1 && query_step(row) && take_keys(w, row);
}

/* --- the sources of its values ------------------------------------------- */

/* When a column was written; p == NULL if that is unknown. */
static struct slice written_at(
    const struct table *t, const struct stored_row *s, unsigned column)
{
	int detected = table_column(t, SLICE("detected_at"));

	switch (t->columns[column].rule) {
	case RULE_LWW:
	case RULE_LIST:
	case RULE_MIN:
	case RULE_MAX: return s->written_at[column];
	case RULE_FIRST:
	case RULE_LAST: return value_slice(&s->values[column]);
	/* A row exists since its first observation. */
	case RULE_KEY:
		if (t->first >= 0)
			return value_slice(&s->values[t->first]);
		break;
	case RULE_TABLE:
		if (t->kind == TABLE_CURSOR && t->last >= 0)
			return value_slice(&s->values[t->last]);
		if (t->kind == TABLE_QUEUE && detected >= 0)
			return value_slice(&s->values[detected]);
		if (slice_is(t->columns[column].name, "done_at"))
			return value_slice(&s->values[column]);
		break;
	default: break;
	}
	return (struct slice){NULL, 0};
}

/* The source of a column that was observed. */
static int64_t source_of(
    const struct table *t, const struct stored_row *s, unsigned column)
{
	switch (t->columns[column].rule) {
	case RULE_KEY: return s->source[t->first];
	case RULE_LAST:
	case RULE_TABLE: return s->row_source;
	default: return s->source[column];
	}
}

static void bind_value(struct query *q, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
	case VALUE_TEXT: query_bind_text(q, ":value", value_slice(v)); break;
	case VALUE_INT: query_bind_int(q, ":value", v->integer); break;
	case VALUE_REAL: query_bind_real(q, ":value", v->real); break;
	}
}

static void insert_value(struct provenance *w, struct query *insert,
    unsigned column, const struct value *v, struct slice at, int64_t source)
{
	query_bind_int(insert, ":position", column);
	query_bind_text(insert, ":column", w->table->columns[column].name);
	bind_value(insert, v);
	query_bind_text(insert, ":time", at);
	query_bind_int(insert, ":source", source);
	query_run(insert);
	w->by_column = true;
	w->found++;
}

/* Insert the values of a row, each with its time and source. */
static void insert_row(
    struct provenance *w, struct query *insert, struct query *row)
{
	const struct table *t = w->table;
	struct stored_row s;

	merge_row_clear(t, &s);
	for (unsigned i = 0; i < t->count; i++)
		s.values[i] = value_read(row->stmt, (int)i);
	merge_read_times(t, &s);
	for (unsigned i = 0; i < t->count; i++) {
		struct slice at = written_at(t, &s, i);

		if (at.p)
			insert_value(w, insert, i, &s.values[i], at,
			    source_of(t, &s, i));
	}
}

/* The same of an item of a list: its page, if known, is the source of all. */
static void insert_item(
    struct provenance *w, struct query *insert, struct query *item)
{
	struct query page;

	query_prepare(&page, item->db, &sql_why_page_of_item);
	query_bind_text(&page, ":playlist", w->keys[0]);
	query_bind_text(&page, ":position", w->keys[1]);
	if (query_step(&page))
		for (unsigned i = 0; i < w->table->count; i++) {
			struct value v = value_read(item->stmt, (int)i);

			if (w->table->columns[i].rule != RULE_KEY)
				insert_value(w, insert, i, &v,
				    query_text(&page, 1), query_int(&page, 0));
		}
	query_fail(item, query_finish(&page));
}

static int find_sources(struct provenance *w, sqlite3 *db, struct query *row)
{
	struct query insert;
	int rc;

	query_prepare(&insert, db, &sql_why_insert_value);
	if (w->table->kind == TABLE_LIST)
		insert_item(w, &insert, row);
	else
		insert_row(w, &insert, row);
	rc = query_finish(&insert);
	if (rc == SQLITE_OK)
		rc = query_exec(db, &sql_why_find_sources);
	return rc == SQLITE_OK ? query_exec(db, &sql_why_find_captures_of_time)
			       : rc;
}

/* --- without sources: captures that contain the keys --------------------- */

/* Whether captures contain a key: some are numbers, or words of mappings. */
static bool is_in_captures(const struct table *t, unsigned key)
{
	static const char *const ours[] = {"job", "kind", "covered_to"};
	const struct column *c = key_column(t, key);

	for (size_t i = 0; !t->user_made && i < COUNT_OF(ours); i++)
		if (slice_is(c->name, ours[i]))
			return false;
	return c->type == COLUMN_TEXT || c->type == COLUMN_TIME;
}

/* Bodies have times in several forms; up to the second they are the same. */
static int insert_keys(const struct provenance *w, sqlite3 *db)
{
	struct query insert;

	query_prepare(&insert, db, &sql_why_insert_key);
	for (unsigned i = 0; i < w->table->key_count; i++) {
		struct slice key = w->keys[i];
		bool time = key_column(w->table, i)->type == COLUMN_TIME;

		if (!is_in_captures(w->table, i))
			continue;
		query_bind_text(&insert, ":text", key);
		if (time && key.n > LOOSE_SECOND)
			key.n = LOOSE_SECOND;
		query_bind_text(&insert, ":beginning", key);
		query_run(&insert);
	}
	return query_finish(&insert);
}

static int find_captures(struct provenance *w, sqlite3 *db)
{
	bool of_lists = w->table->kind == TABLE_LIST ||
			slice_is(w->table->name, "playlists");
	struct query q;
	int rc = insert_keys(w, db);

	if (rc != SQLITE_OK)
		return rc;
	query_prepare(&q, db, &sql_why_find_captures_by_key);
	query_bind_int(&q, ":with_lists", of_lists);
	query_run(&q);
	rc = query_finish(&q);
	if (rc != SQLITE_OK)
		return rc;
	query_prepare(&q, db, &sql_why_count_captures);
	query_step(&q);
	w->found = query_int(&q, 0);
	return query_finish(&q);
}

/* ------------------------------------------------------------------------- */

static int create_tables(sqlite3 *db)
{
	int rc = query_exec(db, &sql_why_create_values);

	if (rc == SQLITE_OK)
		rc = query_exec(db, &sql_why_create_keys);
	return rc == SQLITE_OK ? query_exec(db, &sql_why_create_captures) : rc;
}

int provenance_find(struct provenance *w, sqlite3 *db)
{
	struct query row;
	int rc = create_tables(db);

	if (rc != SQLITE_OK)
		return rc;
	w->present = find_row(w, db, &row);
	if (w->present)
		query_fail(&row, find_sources(w, db, &row));
	rc = query_finish(&row);
	if (rc != SQLITE_OK || w->by_column || w->alike > 1)
		return rc;
	return find_captures(w, db);
}

void provenance_list(
    const struct provenance *w, sqlite3 *db, struct query *list)
{
	query_prepare(list, db,
	    w->by_column ? &sql_why_list_values : &sql_why_list_captures);
}

void provenance_captures(sqlite3 *db, struct query *ids)
{
	query_prepare(ids, db, &sql_why_list_capture_ids);
}
