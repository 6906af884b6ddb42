#include "store/staging.h"

#include <string.h>

#include "json/json.h"
#include "store/db.h"
#include "store/settle.h"

#define PORTION 64 /* captures read by one statement run */

/* What a capture and a row of staging_raw have in common. */
enum column {
	RUN,
	SEQ,
	ENDPOINT,
	USER,
	URL,
	STATUS,
	FETCHED_AT,
	BODY,
	COLUMNS
};
static const char *const member_names[COLUMNS] = {
    "run", "seq", "endpoint", "user", "url", "status", "fetched_at", "body"};

int staging_init(struct staging *s, sqlite3 *db, size_t max_line)
{
	int rc;

	*s = (struct staging){.db = db};
	s->scratch.max = s->extra.max = max_line + ((size_t)1 << 20);
	rc = sqlite3_prepare_v3(db,
	    "insert into staging_raw (run_id, seq, endpoint, user_id, url, "
	    "status, fetched_at, body, body_is_text, extra_json) "
	    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
	    -1, SQLITE_PREPARE_PERSISTENT, &s->insert, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(db,
		    "select body is ?3 from staging_raw "
		    "where run_id = ?1 and seq = ?2",
		    -1, SQLITE_PREPARE_PERSISTENT, &s->compare, NULL);
	return rc;
}

void staging_release(struct staging *s)
{
	sqlite3_finalize(s->insert);
	sqlite3_finalize(s->compare);
	buf_release(&s->scratch);
	buf_release(&s->extra);
}

static bool member_is(const struct member *m, const char *name)
{
	return json_text_is(m->key, m->key_escaped, slice_of(name));
}

/* The members that have no column of their own, as a JSON object or "". */
static void collect_extra(struct staging *s, const struct record *rec)
{
	struct buf *b = &s->extra;

	buf_clear(b);
	for (size_t i = 0; i < rec->count; i++) {
		const struct member *m = &rec->members[i];
		size_t quote = m->type == JSON_STRING;
		bool known = member_is(m, "type") || member_is(m, "text");

		for (int c = 0; c < COLUMNS; c++)
			known |= member_is(m, member_names[c]);
		if (known)
			continue;
		buf_putc(b, b->n ? ',' : '{');
		buf_put(b, m->key.p - 1, m->key.n + 2);
		buf_putc(b, ':');
		buf_put(b, m->value.p - quote, m->value.n + 2 * quote);
	}
	if (b->n)
		buf_putc(b, '}');
}

static int bind_int(sqlite3_stmt *stmt, int i, int64_t value)
{
	return value < 0 ? sqlite3_bind_null(stmt, i)
			 : sqlite3_bind_int64(stmt, i, value);
}

/* Whether the capture that is there under this run and seq has this body. */
static enum staging_result compare(struct staging *s, struct slice run,
    int64_t seq, struct slice body, const char **why)
{
	enum staging_result result = STAGING_FAILED;

	store_bind(s->compare, 1, run);
	sqlite3_bind_int64(s->compare, 2, seq);
	store_bind(s->compare, 3, body);
	if (sqlite3_step(s->compare) == SQLITE_ROW) {
		result = sqlite3_column_int(s->compare, 0) ? STAGING_KNOWN
							   : STAGING_BAD;
		*why = "another capture is staged under this run and seq";
	}
	sqlite3_reset(s->compare);
	return result;
}

/* What a string that could not be read is: no fault of it without memory. */
static enum staging_result bad_or_failed(const struct staging *s)
{
	return s->scratch.no_memory ? STAGING_FAILED : STAGING_BAD;
}

enum staging_result staging_append(
    struct staging *s, const struct record *rec, const char **why)
{
	static const enum column texts[] = {
	    RUN, ENDPOINT, USER, URL, FETCHED_AT};
	struct slice value[COLUMNS], body = record_raw(rec, "body"), text;
	int64_t seq = -1, status = -1;
	int rc;

	buf_clear(&s->scratch);
	*why = "a member has the wrong type";
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!record_string(rec, member_names[texts[i]], &s->scratch,
			&value[texts[i]]))
			return bad_or_failed(s);
	if (!record_int(rec, "seq", &seq) ||
	    !record_int(rec, "status", &status) ||
	    !record_string(rec, "text", &s->scratch, &text))
		return bad_or_failed(s);
	*why = "a capture needs an 'endpoint'";
	if (value[ENDPOINT].n == 0)
		return STAGING_BAD;
	*why = "a capture needs a 'body' or a 'text'";
	if (!body.p && !text.p)
		return STAGING_BAD;
	collect_extra(s, rec);
	if (s->extra.failed)
		return STAGING_FAILED;
	store_bind(s->insert, 1, value[RUN]);
	bind_int(s->insert, 2, seq);
	store_bind(s->insert, 3, value[ENDPOINT]);
	store_bind(s->insert, 4, value[USER]);
	store_bind(s->insert, 5, value[URL]);
	bind_int(s->insert, 6, status);
	store_bind(s->insert, 7, value[FETCHED_AT]);
	store_bind(s->insert, 8, body.p ? body : text);
	sqlite3_bind_int(s->insert, 9, !body.p);
	store_bind(s->insert, 10,
	    s->extra.n ? buf_slice(&s->extra) : (struct slice){NULL, 0});
	rc = sqlite3_step(s->insert);
	sqlite3_reset(s->insert);
	if (rc != SQLITE_DONE)
		return STAGING_FAILED;
	if (sqlite3_changes(s->db) > 0)
		return STAGING_ADDED;
	return compare(s, value[RUN], seq, body.p ? body : text, why);
}

#define FILTER                                                                \
	"where capture_id > ?1 and capture_id <= ?2 "                         \
	"and (?3 is null or run_id = ?3) "                                    \
	"and (?4 is null or endpoint = ?4) "                                  \
	"and (?5 is null or user_id = ?5) "                                   \
	"and (?6 is null or fetched_at >= ?6) "                               \
	"and (?7 is null or fetched_at < ?7) "                                \
	"and (?8 = 0 or exists (select 1 from ingest_errors e where e.src = " \
	"staging_raw.run_id || '/' || seq and " SETTLE_STAGED ")) "

static void bind_filter(sqlite3_stmt *stmt, const struct staging_filter *f)
{
	store_bind(stmt, 3, slice_of(f->run));
	store_bind(stmt, 4, slice_of(f->endpoint));
	store_bind(stmt, 5, slice_of(f->user));
	store_bind(stmt, 6, slice_of(f->since));
	store_bind(stmt, 7, slice_of(f->until));
	sqlite3_bind_int(stmt, 8, f->refused);
}

static int count(struct staging_walk *w, const struct staging_filter *f)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(
	    w->db, "select count(*) from staging_raw " FILTER, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, 0);
	sqlite3_bind_int64(stmt, 2, w->until);
	bind_filter(stmt, f);
	rc = sqlite3_step(stmt);
	w->total = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* What put_capture reads. */
#define SELECT                                                     \
	"select capture_id, run_id, seq, endpoint, user_id, url, " \
	"status, fetched_at, body, body_is_text, extra_json from " \
	"staging_raw "

int staging_walk_init(struct staging_walk *w, sqlite3 *db,
    const struct staging_filter *f, bool names)
{
	int rc;

	*w = (struct staging_walk){.db = db, .names = names};
	w->until = store_int(db, "select max(capture_id) from staging_raw", -1);
	if (w->until < 0)
		return sqlite3_errcode(db);
	rc = count(w, f);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_prepare_v2(db,
	    names ? "select capture_id, run_id || '/' || seq from "
		    "staging_raw " FILTER "order by capture_id limit ?9"
		  : SELECT FILTER "order by capture_id limit ?9",
	    -1, &w->select, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(w->select, 2, w->until);
	bind_filter(w->select, f);
	sqlite3_bind_int(w->select, 9, PORTION);
	return sqlite3_bind_int64(w->select, 1, 0);
}

void staging_walk_release(struct staging_walk *w)
{
	sqlite3_finalize(w->select);
	w->select = NULL;
}

static struct slice column(sqlite3_stmt *stmt, int i)
{
	const void *p = sqlite3_column_blob(stmt, i);

	if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){
	    p ? p : "", (size_t)sqlite3_column_bytes(stmt, i)};
}

static bool put_name(sqlite3_stmt *row, struct buf *b)
{
	buf_clear(b);
	return buf_put_slice(b, column(row, 1));
}

/* Write a row as the capture that it was; the body comes last. */
static bool put_capture(sqlite3_stmt *row, struct buf *b)
{
	struct slice extra = column(row, 10), body = column(row, 8);

	buf_clear(b);
	buf_putc(b, '{');
	json_put_member(b, "type", SLICE("capture"));
	for (int c = RUN; c < BODY; c++) {
		struct slice value = column(row, c + 1);

		if (!value.p)
			continue;
		if (c == SEQ || c == STATUS)
			json_put_member_int(b, member_names[c],
			    sqlite3_column_int64(row, c + 1));
		else
			json_put_member(b, member_names[c], value);
	}
	if (extra.n > 2) {
		buf_putc(b, ',');
		buf_put(b, extra.p + 1, extra.n - 2);
	}
	if (sqlite3_column_int(row, 9))
		json_put_member(b, "text", body);
	else
		json_put_member_raw(b, "body", body);
	return buf_putc(b, '}');
}

int staging_walk_next(struct staging_walk *w, struct buf *line)
{
	for (;;) {
		int rc = sqlite3_step(w->select);

		if (rc == SQLITE_ROW) {
			w->last = sqlite3_column_int64(w->select, 0);
			w->portion++;
			if (!(w->names ? put_name : put_capture)(
				w->select, line) &&
			    !line->no_memory)
				return SQLITE_TOOBIG;
			if (!line->failed && !store_row_read(w->select))
				return SQLITE_ROW;
			sqlite3_reset(w->select);
			return SQLITE_NOMEM;
		}
		sqlite3_reset(w->select);
		if (rc != SQLITE_DONE || w->portion < PORTION)
			return rc;
		w->portion = 0;
		sqlite3_bind_int64(w->select, 1, w->last);
	}
}

int staging_get(sqlite3 *db, sqlite3_int64 id, struct buf *line)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(
	    db, SELECT "where capture_id = ?", -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, id);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && !put_capture(stmt, line))
		rc = SQLITE_TOOBIG;
	sqlite3_finalize(stmt);
	return rc;
}
