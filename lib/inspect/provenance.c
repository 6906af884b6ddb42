#include "inspect/provenance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "db/db.h"
#include "db/runs.h"
#include "inspect/digest.h"
#include "merge/merge.h"
#include "spotify/ref.h"
#include "staging/captures.h"

#define QUERY_MAX ((size_t)256 << 20)

void provenance_init(
    struct provenance *w, const struct table *t, char *const *keys)
{
	*w = (struct provenance){.table = t,
	    .query = BUF_INIT(QUERY_MAX),
	    .text = BUF_INIT(QUERY_MAX)};
	for (unsigned i = 0; i < t->key_count; i++)
		w->keys[i] = slice_of(keys[i]);
}

void provenance_release(struct provenance *w)
{
	buf_release(&w->query);
	buf_release(&w->text);
}

bool provenance_covers(const struct table *t)
{
	return digest_covers(t);
}

/* Append a text with %Q, %w and the like of SQLite's. */
static void put(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	buf_puts(b, text);
	sqlite3_free(text);
}

static int prepare(sqlite3 *db, struct buf *query, sqlite3_stmt **stmt)
{
	const char *sql = buf_cstr(query);

	return sql ? sqlite3_prepare_v2(db, sql, -1, stmt, NULL)
		   : SQLITE_TOOBIG;
}

static void bind_keys(const struct provenance *w, sqlite3_stmt *stmt)
{
	for (unsigned i = 0; i < w->table->key_count; i++)
		db_bind_text(stmt, (int)i + 1, w->keys[i]);
}

/* Captures with what their bodies take to be read. */
#define CAPTURES                                          \
	" from staging_raw s left join staging_bodies b " \
	"using (body_id) "

static const struct column *key_column(const struct table *t, unsigned key)
{
	return &t->columns[t->keys[key]];
}

/* Whether captures name a key: some are numbers, or words of the mapping's. */
static bool is_named(const struct table *t, unsigned key)
{
	static const char *const ours[] = {"job", "kind", "covered_to"};
	const struct column *c = key_column(t, key);

	for (size_t i = 0; !t->user_made && i < COUNT_OF(ours); i++)
		if (slice_is(c->name, ours[i]))
			return false;
	return c->type == COLUMN_TEXT || c->type == COLUMN_TIME;
}

#define SECOND 19 /* letters of a time up to its second */

/*
 * Whether a capture names each key: the keys are the first parameters. The
 * body comes last: it may have to be unpacked. Times are written in more ways
 * than one, but all begin alike.
 */
static void put_names(struct buf *b, const struct table *t)
{
	const char *before = "";

	for (unsigned i = 0; i < t->key_count; i++) {
		bool time = key_column(t, i)->type == COLUMN_TIME;
		unsigned n = i + 1;

		if (!is_named(t, i))
			continue;
		put(b,
		    "%s(user_id is ?%u or endpoint is ?%u or"
		    " instr(coalesce(url, ''), ?%u) > 0 or "
		    "coalesce(instr(" BODIES_TEXT
		    ", substr(?%u, 1, %d)), 0) > 0)",
		    before, n, n, n, n, time ? SECOND : 1 << 20);
		before = " and ";
	}
	if (!*before)
		put(b, "true");
}

static struct value value_of(sqlite3_stmt *stmt, int i)
{
	struct value v = VALUE_NONE;

	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER:
		v.type = VALUE_INT;
		v.integer = sqlite3_column_int64(stmt, i);
		break;
	case SQLITE_FLOAT:
		v.type = VALUE_REAL;
		v.real = sqlite3_column_double(stmt, i);
		break;
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		v.type = VALUE_TEXT;
		v.text = slice_of((const char *)sqlite3_column_text(stmt, i));
		break;
	default: break;
	}
	return v;
}

/* What of a row is asked for: its columns, in their order. */
static void put_select(struct provenance *w)
{
	const struct table *t = w->table;

	buf_clear(&w->query);
	for (unsigned i = 0; i < t->count; i++)
		put(&w->query, "%s\"%w\"", i ? ", " : "select ",
		    t->columns[i].name.p);
	put(&w->query, " from \"%w\" where true", t->name.p);
}

/* Find the row; its text lives as long as the statement stays on it. */
static int find(struct provenance *w, sqlite3 *db, sqlite3_stmt **stmt)
{
	int rc;

	put_select(w);
	for (unsigned i = 0; i < w->table->key_count; i++)
		put(&w->query, " and \"%w\" = ?",
		    key_column(w->table, i)->name.p);
	rc = prepare(db, &w->query, stmt);
	if (rc != SQLITE_OK)
		return rc;
	bind_keys(w, *stmt);
	return sqlite3_step(*stmt);
}

/* The id in what people paste; the text itself where it has none. */
static struct slice id_of(struct slice text)
{
	struct ref ref = ref_parse(text);

	return ref.id.p ? ref.id : text;
}

/* How all times begin that a typed one may mean. */
static struct slice time_of(struct provenance *w, struct slice text)
{
	size_t from = w->text.n;
	char whole[CLOCK_TEXT];
	bool fraction = memchr(text.p, '.', text.n) != NULL;
	int64_t ms;

	if (clock_parse(text, &ms) && clock_format(ms, whole)) {
		buf_put(&w->text, whole, fraction ? CLOCK_TEXT - 1 : SECOND);
	} else {
		buf_put_slice(&w->text, text);
		if (text.n > 10 && w->text.p[from + 10] == ' ')
			w->text.p[from + 10] = 'T';
		if (text.n > 11 && w->text.p[w->text.n - 1] == 'Z')
			w->text.n--;
	}
	return (struct slice){w->text.p + from, w->text.n - from};
}

/* Take the keys for what people mean by such. */
static bool normalize_keys(struct provenance *w)
{
	size_t room = 1;

	for (unsigned i = 0; i < w->table->key_count; i++)
		room += w->keys[i].n + CLOCK_TEXT;
	if (!buf_reserve(&w->text, room))
		return false;
	for (unsigned i = 0; i < w->table->key_count; i++) {
		if (key_column(w->table, i)->type == COLUMN_TIME)
			w->keys[i] = time_of(w, w->keys[i]);
		else
			w->keys[i] = id_of(w->keys[i]);
	}
	return true;
}

/*
 * Find the only row that may be meant by what was typed: a time that is not
 * written out, an id in a link. SQLITE_DONE where there is none, or several.
 */
static int find_like(struct provenance *w, sqlite3 *db, sqlite3_stmt **stmt)
{
	const struct table *t = w->table;
	int rc;

	if (!normalize_keys(w))
		return SQLITE_TOOBIG;
	put_select(w);
	for (unsigned i = 0; i < t->key_count; i++)
		put(&w->query,
		    key_column(t, i)->type == COLUMN_TIME
			? " and substr(\"%w\", 1, length(?%u)) = ?%u"
			: " and \"%w\" = ?%u",
		    key_column(t, i)->name.p, i + 1, i + 1);
	rc = prepare(db, &w->query, stmt);
	if (rc != SQLITE_OK)
		return rc;
	bind_keys(w, *stmt);
	while ((rc = sqlite3_step(*stmt)) == SQLITE_ROW)
		w->alike++;
	if (rc != SQLITE_DONE || w->alike != 1)
		return rc;
	sqlite3_reset(*stmt);
	return sqlite3_step(*stmt);
}

/* When a column was written; p == NULL where that is not known. */
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

static void put_value(struct buf *b, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL: buf_puts(b, "null"); break;
	case VALUE_INT: put(b, "%lld", (long long)v->integer); break;
	case VALUE_REAL: put(b, "%!.17g", v->real); break;
	case VALUE_TEXT: put(b, "%Q", v->text.p); break;
	}
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

/* Add a column to the answer, which is a query of constants. */
static void put_column(struct provenance *w, unsigned column,
    const struct value *v, struct slice at, int64_t source)
{
	put(&w->query, "%sselect %d as n, %Q as \"column\", ",
	    w->query.n ? " union all " : "", (int)column,
	    w->table->columns[column].name.p);
	put_value(&w->query, v);
	put(&w->query, " as value, '%.*q' as told_at, %lld as source",
	    (int)at.n, at.p, (long long)source);
	w->by_column = true;
	w->found++;
}

/* Write the answer, column by column. */
static void put_columns(struct provenance *w, const struct stored_row *s)
{
	const struct table *t = w->table;

	buf_clear(&w->query);
	for (unsigned i = 0; i < t->count; i++) {
		struct slice at = written_at(t, s, i);

		if (at.p)
			put_column(w, i, &s->values[i], at, source_of(t, s, i));
	}
}

/*
 * The page of a playlist's list that holds a position: of those that begin at
 * it or before it, the last; none of pages that an older sp has stored.
 */
static const char page_of[] =
    "select source_id, coalesce(s.fetched_at, p.tracks_updated)"
    " from playlists p, json_each(p.tracks_sources) j"
    " join sources o on o.source_id = j.value->>1"
    " left join staging_raw s using (run_id, seq)"
    " where p.playlist_id = ?1 and j.value->>0 between 0 and"
    " cast(?2 as integer) and not exists (select 1"
    " from json_each(p.tracks_sources) u where u.value->>0 < 0"
    " and u.value->>1 <= cast(?2 as integer))"
    " order by j.value->>0 desc limit 1";

/* Make the answer of an item of a list; none where its page is not known. */
static int query_item(struct provenance *w, sqlite3 *db, sqlite3_stmt *row)
{
	const struct table *t = w->table;
	sqlite3_stmt *page;
	int rc = sqlite3_prepare_v2(db, page_of, -1, &page, NULL);

	if (rc != SQLITE_OK)
		return rc;
	buf_clear(&w->query);
	bind_keys(w, page);
	rc = sqlite3_step(page);
	for (unsigned i = 0; rc == SQLITE_ROW && i < t->count; i++) {
		struct value v = value_of(row, (int)i);
		const void *at = sqlite3_column_text(page, 1);

		if (t->columns[i].rule != RULE_KEY)
			put_column(w, i, &v, slice_of(at ? at : ""),
			    sqlite3_column_int64(page, 0));
	}
	return db_finish(page, rc);
}

/* Make the answer of a row that is there. */
static int query_row(struct provenance *w, sqlite3 *db, sqlite3_stmt *row)
{
	struct stored_row s;

	if (w->table->kind == TABLE_LIST)
		return query_item(w, db, row);
	merge_row_clear(w->table, &s);
	for (unsigned i = 0; i < w->table->count; i++)
		s.values[i] = value_of(row, (int)i);
	merge_read_times(w->table, &s);
	put_columns(w, &s);
	return SQLITE_OK;
}

/* The captures that name the whole key, and what became of them. */
static int query_captures(struct provenance *w, sqlite3 *db)
{
	bool of_lists = w->table->kind == TABLE_LIST ||
			slice_is(w->table->name, "playlists");
	sqlite3_stmt *stmt;
	int rc;

	buf_clear(&w->query);
	put(&w->query,
	    "create temp table why_captures as"
	    " select capture_id, " CAPTURE_LIST " as list" CAPTURES "where ");
	put_names(&w->query, w->table);
	rc = prepare(db, &w->query, &stmt);
	if (rc != SQLITE_OK)
		return rc;
	bind_keys(w, stmt);
	rc = db_finish(stmt, sqlite3_step(stmt));
	if (rc != SQLITE_OK)
		return rc;
	w->found = db_int(db, "select count(*) from temp.why_captures", -1);
	if (w->found < 0)
		return sqlite3_errcode(db);
	buf_clear(&w->query);
	put(&w->query,
	    "select s.fetched_at as told_at, s.run_id as run, s.seq,"
	    " s.endpoint, s.url, case when e.error_id then 'refused'"
	    " when exists (select 1 from ingest_runs i where " RUNS_DELIVERS(
		"s.run_id") " and " RUNS_LOADED ") then 'loaded'"
			    " else 'not loaded' end as became,"
			    " e.stage, e.reason, s.capture_id"
			    " from temp.why_captures c join staging_raw s "
			    "using (capture_id)"
			    " left join ingest_errors e on e.src = s.run_id || "
			    "'/' || s.seq"
			    " %s order by s.capture_id, e.error_id",
	    of_lists ? "or e.list = c.list" : "");
	return SQLITE_OK;
}

/* Wrap the constants in a join that says which capture it was. */
static void put_join(struct provenance *w)
{
	struct buf inner = w->query;

	w->query = (struct buf)BUF_INIT(QUERY_MAX);
	buf_puts(&w->query,
	    "select c.\"column\", c.value, c.told_at,"
	    " coalesce(o.run_id, s.run_id) as run, coalesce(o.seq, s.seq) as"
	    " seq, s.endpoint, s.url, s.capture_id from (");
	buf_put_slice(&w->query, buf_slice(&inner));
	/* An older version stored no source: any capture of that time may be
	 * it. */
	buf_puts(&w->query,
	    ") c left join sources o on o.source_id = c.source"
	    " left join staging_raw s on s.capture_id in ("
	    "select capture_id from staging_raw where run_id = o.run_id"
	    " and seq = o.seq union all select capture_id from staging_raw"
	    " where c.source < 0 and fetched_at = c.told_at)"
	    " order by c.n, s.capture_id");
	w->query.failed |= inner.failed;
	buf_release(&inner);
}

static void put_distinct(struct provenance *w)
{
	struct buf inner = w->query;

	w->query = (struct buf)BUF_INIT(QUERY_MAX);
	buf_puts(&w->query, "select distinct capture_id from (");
	buf_put_slice(&w->query, buf_slice(&inner));
	buf_puts(&w->query, ") where capture_id is not null order by 1");
	w->query.failed |= inner.failed;
	buf_release(&inner);
}

/* Find the row by its keys, or by what people type for them. */
static int look_up(struct provenance *w, sqlite3 *db, sqlite3_stmt **row)
{
	int rc = find(w, db, row);

	if (rc != SQLITE_DONE)
		return rc;
	sqlite3_finalize(*row);
	*row = NULL;
	return find_like(w, db, row);
}

int provenance_query(
    struct provenance *w, sqlite3 *db, bool captures, sqlite3_stmt **stmt)
{
	sqlite3_stmt *row = NULL;
	int rc = look_up(w, db, &row);

	*stmt = NULL;
	w->by_column = false;
	w->present = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW)
		rc = query_row(w, db, row);
	rc = db_finish(row, rc);
	if (rc != SQLITE_OK || w->alike > 1)
		return rc;
	if (w->by_column)
		put_join(w);
	else
		rc = query_captures(w, db);
	if (captures)
		put_distinct(w);
	return rc ? rc : prepare(db, &w->query, stmt);
}
