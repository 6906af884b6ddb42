#include "inspect/provenance.h"

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
static void put_names(struct buf *b, const struct table *t, const char *between)
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
		before = between;
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

/* The captures that a column may have come from, by its number. */
static const char moments[] =
    "drop table if exists temp.why_moments;"
    "create temp table why_moments (n integer, id integer)";

static int add_capture(sqlite3 *db, unsigned column, sqlite3_int64 id)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(
	    db, "insert into temp.why_moments values (?, ?)", -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(s, 1, column);
	sqlite3_bind_int64(s, 2, id);
	return db_finish(s, sqlite3_step(s));
}

/* What notes, for a column, those of a moment that name most of the key. */
static int prepare_by_time(
    struct provenance *w, sqlite3 *db, sqlite3_stmt **stmt)
{
	unsigned at = w->table->key_count + 1;
	int rc;

	/* Times are mostly written in their one form; not all that are saved.
	 */
	buf_clear(&w->query);
	put(&w->query,
	    "insert into temp.why_moments select ?%u, capture_id from"
	    " (select capture_id, named, max(named) over () as most"
	    " from (select capture_id, ",
	    at + 1);
	put_names(&w->query, w->table, " + ");
	put(&w->query,
	    " as named" CAPTURES "where fetched_at = ?%u or"
	    " (length(fetched_at) <> 24 and abs(julianday(fetched_at)"
	    " - julianday(?%u)) < 0.4 / 86400000))) where named = most",
	    at, at);
	rc = prepare(db, &w->query, stmt);
	if (rc == SQLITE_OK)
		bind_keys(w, *stmt);
	return rc;
}

static int add_moment(const struct provenance *w, sqlite3_stmt *by_time,
    unsigned column, struct slice at)
{
	int index = (int)w->table->key_count + 1;

	if (at.n == 0)
		return SQLITE_OK;
	db_bind_text(by_time, index, at);
	sqlite3_bind_int64(by_time, index + 1, column);
	sqlite3_step(by_time);
	return sqlite3_reset(by_time);
}

/* Add a column to the answer, which is a query of constants. */
static void put_column(struct provenance *w, unsigned column, unsigned like,
    const struct value *v, struct slice at)
{
	put(&w->query, "%sselect %d as n, %d as \"like\", %Q as \"column\", ",
	    w->query.n ? " union all " : "", (int)column, (int)like,
	    w->table->columns[column].name.p);
	put_value(&w->query, v);
	put(&w->query, " as value, '%.*q' as told_at", (int)at.n, at.p);
	w->by_column = true;
	w->found++;
}

/* Write the answer, column by column. */
static int put_columns(
    struct provenance *w, const struct stored_row *s, sqlite3_stmt *by_time)
{
	const struct table *t = w->table;
	struct slice last = {NULL, 0};
	unsigned like = 0;
	int rc = SQLITE_OK;

	buf_clear(&w->query);
	for (unsigned i = 0; i < t->count && rc == SQLITE_OK; i++) {
		struct slice at = written_at(t, s, i);

		if (!at.p)
			continue;
		/* Most were written together, and each look-up costs a scan. */
		if (!last.p || !slice_eq(last, at)) {
			rc = add_moment(w, by_time, i, at);
			like = i;
		}
		last = at;
		put_column(w, i, like, &s->values[i], at);
	}
	return rc;
}

/*
 * The page of a playlist's list that holds a position: of those that begin at
 * it or before it, the last.
 */
static const char page_of[] =
    "with recursive chain (name) as (select tracks_list from playlists"
    " where playlist_id = ?1 union select " CAPTURE_FOLLOWS " from staging_raw"
    " join chain on " CAPTURE_LIST " = name where " CAPTURE_FOLLOWS
    " is not null) select capture_id, fetched_at from (select s.capture_id, "
    "s.fetched_at,"
    " coalesce(json_extract(" BODIES_TEXT ", '$.offset'),"
    " json_extract(" BODIES_TEXT ", '$.tracks.offset'),"
    " json_extract(" BODIES_TEXT ", '$.items.offset'),"
    " case when instr(url, 'offset=') then"
    " cast(substr(url, instr(url, 'offset=') + 7) as integer) end, 0) as page"
    " from staging_raw s left join staging_bodies b using (body_id)"
    " where not body_is_text and coalesce(status, 200) between 200 and 299"
    " and json_extract(extra_json, '$.check') is null"
    " and exists (select 1 from chain"
    " where name in (" CAPTURE_LIST ", s.fetched_at))"
    " and (instr(url, ?1) or instr(" BODIES_TEXT ", ?1)))"
    " where page <= cast(?2 as integer) order by page desc, 1 desc limit 1";

/* Make the answer of an item of a list. */
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
			put_column(w, i, 0, &v, slice_of(at ? at : ""));
	}
	if (rc == SQLITE_ROW)
		rc = add_capture(db, 0, sqlite3_column_int64(page, 0));
	return db_finish(page, rc);
}

/* Make the answer of a row that is there. */
static int query_row(struct provenance *w, sqlite3 *db, sqlite3_stmt *row)
{
	sqlite3_stmt *by_time;
	struct stored_row s;
	int rc;

	rc = db_exec(db, moments);
	if (rc == SQLITE_OK && w->table->kind == TABLE_LIST)
		return query_item(w, db, row);
	if (rc == SQLITE_OK)
		rc = prepare_by_time(w, db, &by_time);
	if (rc != SQLITE_OK)
		return rc;
	merge_row_clear(w->table, &s);
	for (unsigned i = 0; i < w->table->count; i++)
		s.values[i] = value_of(row, (int)i);
	merge_read_times(w->table, &s);
	rc = put_columns(w, &s, by_time);
	return db_finish(by_time, rc);
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
	put_names(&w->query, w->table, " and ");
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
	    "select c.\"column\", c.value, c.told_at, s.run_id as run, s.seq,"
	    " s.endpoint, s.url, s.capture_id from (");
	buf_put_slice(&w->query, buf_slice(&inner));
	buf_puts(&w->query,
	    ") c left join temp.why_moments m on m.n = c.\"like\""
	    " left join staging_raw s on s.capture_id = m.id"
	    " order by c.n, m.id");
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
