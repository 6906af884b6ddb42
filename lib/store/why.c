#include "store/why.h"

#include "store/db.h"
#include "store/merge.h"

#define QUERY_MAX ((size_t)256 << 20)

void why_init(struct why *w, const struct table *t, char *const *keys)
{
	*w = (struct why){
	    .table = t, .keys = keys, .query = BUF_INIT(QUERY_MAX)};
}

void why_release(struct why *w)
{
	buf_release(&w->query);
}

bool why_knows(const struct table *t)
{
	return t->kind == TABLE_COLUMNS || t->kind == TABLE_CURSOR ||
	       t->kind == TABLE_QUEUE;
}

/* Append a text with %Q, %w and the like of SQLite's. */
static void put(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	if (text)
		buf_puts(b, text);
	else
		b->failed = true;
	sqlite3_free(text);
}

static int prepare(sqlite3 *db, struct buf *query, sqlite3_stmt **stmt)
{
	const char *sql = buf_cstr(query);

	return sql ? sqlite3_prepare_v2(db, sql, -1, stmt, NULL) : SQLITE_NOMEM;
}

static void bind_keys(const struct why *w, sqlite3_stmt *stmt)
{
	for (unsigned i = 0; i < w->table->key_count; i++)
		store_bind(stmt, (int)i + 1, slice_of(w->keys[i]));
}

/* Captures with what their bodies take to be read. */
#define CAPTURES                                          \
	" from staging_raw s left join staging_bodies b " \
	"using (body_id) "

/*
 * Whether a capture names each key: the keys are the first parameters. The
 * body comes last: it may have to be unpacked.
 */
static void put_names(struct buf *b, unsigned keys, const char *between)
{
	for (unsigned i = 1; i <= keys; i++)
		put(b,
		    "%s(user_id is ?%u or endpoint is ?%u or"
		    " instr(coalesce(url, ''), ?%u) > 0 or coalesce(instr("
		    "coalesce(s.body, body_text(b.body, size)), ?%u), 0) > 0)",
		    i > 1 ? between : "", i, i, i, i);
}

static struct value value_of(sqlite3_stmt *stmt, int i)
{
	struct value v = VALUE_NOTHING;

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

/* Find the row; its text lives as long as the statement stays on it. */
static int find(struct why *w, sqlite3 *db, sqlite3_stmt **stmt)
{
	const struct table *t = w->table;
	int rc;

	buf_clear(&w->query);
	for (unsigned i = 0; i < t->count; i++)
		put(&w->query, "%s\"%w\"", i ? ", " : "select ",
		    t->columns[i].name.p);
	put(&w->query, " from \"%w\"", t->name.p);
	for (unsigned i = 0; i < t->key_count; i++)
		put(&w->query, "%s\"%w\" = ?", i ? " and " : " where ",
		    t->columns[t->keys[i]].name.p);
	rc = prepare(db, &w->query, stmt);
	if (rc != SQLITE_OK)
		return rc;
	bind_keys(w, *stmt);
	return sqlite3_step(*stmt);
}

/* When a column was told; p == NULL where that is not known. */
static struct slice told_at(
    const struct table *t, const struct state *s, unsigned column)
{
	int detected = table_column(t, SLICE("detected_at"));

	switch (t->columns[column].rule) {
	case RULE_TOLD:
	case RULE_LIST: return s->at[column];
	case RULE_FIRST:
	case RULE_LAST:
	case RULE_MIN:
	case RULE_MAX: return value_slice(&s->values[column]);
	case RULE_OWN:
		if (t->kind == TABLE_CURSOR && t->last >= 0)
			return value_slice(&s->values[t->last]);
		if (t->kind == TABLE_QUEUE && detected >= 0)
			return value_slice(&s->values[detected]);
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

/* The capture of a moment that names most of the key; *id is 0 for none. */
static int capture_at(sqlite3_stmt *by_time, struct slice at, sqlite3_int64 *id)
{
	*id = 0;
	if (at.n == 0)
		return SQLITE_OK;
	store_bind(by_time, sqlite3_bind_parameter_count(by_time), at);
	if (sqlite3_step(by_time) == SQLITE_ROW)
		*id = sqlite3_column_int64(by_time, 0);
	return sqlite3_reset(by_time);
}

static int prepare_by_time(struct why *w, sqlite3 *db, sqlite3_stmt **stmt)
{
	unsigned keys = w->table->key_count;
	int rc;

	buf_clear(&w->query);
	put(&w->query,
	    "select capture_id" CAPTURES "where fetched_at = ?%u order by ",
	    keys + 1);
	put_names(&w->query, keys, " + ");
	put(&w->query, " desc, capture_id limit 1");
	rc = prepare(db, &w->query, stmt);
	if (rc == SQLITE_OK)
		bind_keys(w, *stmt);
	return rc;
}

/* Write the answer, column by column, as a query of constants. */
static int put_columns(
    struct why *w, const struct state *s, sqlite3_stmt *by_time)
{
	const struct table *t = w->table;
	struct slice last = {NULL, 0};
	sqlite3_int64 id = 0;
	int rc;

	buf_clear(&w->query);
	for (unsigned i = 0; i < t->count; i++) {
		struct slice at = told_at(t, s, i);

		if (!at.p)
			continue;
		/* Most were told together, and each look costs a scan. */
		if ((!last.p || !slice_eq(last, at)) &&
		    (rc = capture_at(by_time, at, &id)) != SQLITE_OK)
			return rc;
		last = at;
		put(&w->query, "%sselect %d as n, %Q as \"column\", ",
		    w->query.n ? " union all " : "", (int)i,
		    t->columns[i].name.p);
		put_value(&w->query, &s->values[i]);
		put(&w->query,
		    " as value, '%.*q' as told_at,"
		    " nullif(%lld, 0) as id",
		    (int)at.n, at.p, (long long)id);
	}
	w->by_column = w->query.n > 0;
	w->found = t->count;
	return SQLITE_OK;
}

/* Make the answer of a row that is there. */
static int ask_row(struct why *w, sqlite3 *db, sqlite3_stmt *row)
{
	sqlite3_stmt *by_time;
	struct state s;
	int rc = prepare_by_time(w, db, &by_time);

	if (rc != SQLITE_OK)
		return rc;
	merge_nothing(w->table, &s);
	for (unsigned i = 0; i < w->table->count; i++)
		s.values[i] = value_of(row, (int)i);
	merge_read(w->table, &s);
	rc = put_columns(w, &s, by_time);
	sqlite3_finalize(by_time);
	return rc;
}

/* The captures that name the whole key, and what became of them. */
static int ask_captures(struct why *w, sqlite3 *db)
{
	sqlite3_stmt *stmt;
	int rc;

	buf_clear(&w->query);
	put(&w->query, "create temp table why_captures as"
		       " select capture_id" CAPTURES "where ");
	put_names(&w->query, w->table->key_count, " and ");
	rc = prepare(db, &w->query, &stmt);
	if (rc != SQLITE_OK)
		return rc;
	bind_keys(w, stmt);
	rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE)
		return rc;
	w->found = store_int(db, "select count(*) from temp.why_captures", -1);
	if (w->found < 0)
		return sqlite3_errcode(db);
	buf_clear(&w->query);
	buf_puts(&w->query,
	    "select s.fetched_at as told_at, s.run_id as run, s.seq,"
	    " s.endpoint, s.url, e.stage, e.reason, s.capture_id"
	    " from temp.why_captures join staging_raw s using (capture_id)"
	    " left join ingest_errors e on e.src = s.run_id || '/' || s.seq"
	    " order by s.capture_id, e.error_id");
	return SQLITE_OK;
}

/* Wrap the constants in a join that says which capture it was. */
static void put_join(struct why *w)
{
	struct buf inner = w->query;

	w->query = (struct buf)BUF_INIT(QUERY_MAX);
	buf_puts(&w->query,
	    "select c.\"column\", c.value, c.told_at, s.run_id as run, s.seq,"
	    " s.endpoint, s.url, s.capture_id from (");
	buf_put_slice(&w->query, buf_slice(&inner));
	buf_puts(&w->query,
	    ") c left join staging_raw s on s.capture_id = c.id order by c.n");
	w->query.failed |= inner.failed;
	buf_release(&inner);
}

static void put_distinct(struct why *w)
{
	struct buf inner = w->query;

	w->query = (struct buf)BUF_INIT(QUERY_MAX);
	buf_puts(&w->query, "select distinct capture_id from (");
	buf_put_slice(&w->query, buf_slice(&inner));
	buf_puts(&w->query, ") where capture_id is not null order by 1");
	w->query.failed |= inner.failed;
	buf_release(&inner);
}

int why_ask(struct why *w, sqlite3 *db, bool captures, sqlite3_stmt **stmt)
{
	sqlite3_stmt *row = NULL;
	int rc = find(w, db, &row);

	w->by_column = false;
	w->present = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW)
		rc = ask_row(w, db, row);
	sqlite3_finalize(row);
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		return rc;
	rc = SQLITE_OK;
	if (w->by_column)
		put_join(w);
	else
		rc = ask_captures(w, db);
	if (captures)
		put_distinct(w);
	return rc ? rc : prepare(db, &w->query, stmt);
}
