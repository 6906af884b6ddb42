#include "staging/captures.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "db/db.h"
#include "db/dead_letters.h"
#include "json/json.h"

#define PORTION 64 /* captures read by one statement run */

/* What a capture and a row of staging_raw have in common. */
static const char *const member_names[CAPTURE_COLUMNS] = {
    "run", "seq", "endpoint", "user", "url", "status", "fetched_at", "body"};

static struct slice column(sqlite3_stmt *stmt, int i)
{
	const void *p = sqlite3_column_blob(stmt, i);

	if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){
	    p ? p : "", (size_t)sqlite3_column_bytes(stmt, i)};
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt)
{
	return sqlite3_prepare_v3(
	    db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
}

/*
 * The stored capture of a name, and the member in which it differs from the
 * one that is ready, but for fetched_at; NULL if there is none. The order of
 * other members, and the white space in them, mean nothing.
 */
static const char compare_sql[] =
    "select capture_id, case when endpoint is not ?3 then 'endpoint' "
    "when user_id is not ?4 then 'user' when url is not ?5 then 'url' "
    "when status is not ?6 then 'status' "
    "when b.sha256 is not ?8 or body_is_text is not ?9 then 'body' "
    "when extra_json is not ?10 then (select key from ("
    "select key, type, value, 1 as side from json_each(extra_json) union all "
    "select key, type, value, 2 from json_each(?10)) "
    "group by key, type, value having count(distinct side) < 2 limit 1) end, "
    "fetched_at, b.body, size, sha256 "
    "from staging_raw left join staging_bodies b using (body_id) "
    "where run_id = ?1 and seq = ?2";

int capture_store_init(struct capture_store *s, sqlite3 *db, size_t max_line)
{
	int rc;

	*s = (struct capture_store){.db = db};
	s->scratch.max = s->extra.max = max_line + ((size_t)1 << 20);
	rc = bodies_init(&s->bodies, db, s->scratch.max);
	if (rc == SQLITE_OK)
		rc = prepare(db,
		    "insert into staging_raw (run_id, seq, endpoint, user_id, "
		    "url, status, fetched_at, body_id, body_is_text, "
		    "extra_json) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    &s->insert);
	if (rc == SQLITE_OK)
		rc = prepare(db, compare_sql, &s->compare);
	return rc;
}

void capture_store_release(struct capture_store *s)
{
	sqlite3_finalize(s->insert);
	sqlite3_finalize(s->compare);
	bodies_release(&s->bodies);
	buf_release(&s->scratch);
	buf_release(&s->extra);
}

static bool member_is(const struct member *m, const char *name)
{
	return json_text_is(m->key, m->key_escaped, slice_of(name));
}

/* The members that have no column of their own, as a JSON object or "". */
static void collect_extra(struct capture_store *s, const struct record *rec)
{
	struct buf *b = &s->extra;

	buf_clear(b);
	for (size_t i = 0; i < rec->count; i++) {
		const struct member *m = &rec->members[i];
		size_t quote = m->type == JSON_STRING;
		bool known = member_is(m, "type");

		for (int k = 0; body_members[k]; k++)
			known |= member_is(m, body_members[k]);
		for (int c = 0; c < CAPTURE_COLUMNS; c++)
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

/* Take the time over in the form in which it is compared; without one, now. */
static bool read_time(struct capture_store *s)
{
	struct slice *at = &s->value[CAPTURE_FETCHED_AT];

	s->has_time = at->p != NULL;
	s->time = clock_now();
	if ((s->has_time && !clock_parse(*at, &s->time)) ||
	    !clock_format(s->time, s->time_text))
		return false;
	*at = slice_of(s->time_text);
	return true;
}

/* Read all but the body into what is ready. */
static enum capture_result read_members(
    struct capture_store *s, const struct record *rec, const char **why)
{
	static const enum capture_column texts[] = {CAPTURE_RUN,
	    CAPTURE_ENDPOINT, CAPTURE_USER, CAPTURE_URL, CAPTURE_FETCHED_AT};

	buf_clear(&s->scratch);
	s->seq = s->status = -1;
	s->form = BODY_NONE;
	*why = "a member has the wrong type";
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (!record_string(rec, member_names[texts[i]], &s->scratch,
			&s->value[texts[i]]))
			return CAPTURE_INVALID;
	if (!record_int(rec, "seq", &s->seq) ||
	    !record_int(rec, "status", &s->status))
		return CAPTURE_INVALID;
	*why = "'endpoint' is missing";
	if (s->value[CAPTURE_ENDPOINT].n == 0)
		return CAPTURE_INVALID;
	*why = "'fetched_at' is not a time like 2026-11-22T06:40:00.123Z";
	if (!read_time(s))
		return CAPTURE_INVALID;
	collect_extra(s, rec);
	return s->extra.failed ? CAPTURE_FAILED : CAPTURE_READY;
}

enum capture_result capture_store_prepare(
    struct capture_store *s, const struct record *rec, const char **why)
{
	enum capture_result result = read_members(s, rec, why);
	struct slice *body = &s->value[CAPTURE_BODY];

	if (result != CAPTURE_READY)
		return result;
	if (!body_read(rec, &s->scratch, body, &s->form, why))
		return CAPTURE_INVALID;
	*why = BODY_MISSING;
	if (s->form == BODY_NONE)
		return CAPTURE_INVALID;
	return bodies_prepare(&s->bodies, *body) == SQLITE_OK ? CAPTURE_READY
							      : CAPTURE_FAILED;
}

/* Bind the columns that both statements have, from their third one on. */
static void bind_ready(struct capture_store *s, sqlite3_stmt *stmt)
{
	db_bind_text(stmt, 1, s->value[CAPTURE_RUN]);
	bind_int(stmt, 2, s->seq);
	for (int c = CAPTURE_ENDPOINT; c < CAPTURE_BODY; c++)
		db_bind_text(stmt, c + 1, s->value[c]);
	bind_int(stmt, CAPTURE_STATUS + 1, s->status);
	sqlite3_bind_int(stmt, CAPTURE_BODY + 2, s->form);
	db_bind_text(stmt, CAPTURE_BODY + 3,
	    s->extra.n ? buf_slice(&s->extra) : (struct slice){NULL, 0});
}

/* The time of a stored capture: without one of its own, a capture has that. */
static bool same_time(struct capture_store *s, struct slice stored)
{
	int64_t ms;

	if (!clock_parse(stored, &ms))
		return !s->has_time;
	if (!s->has_time) {
		s->time = ms;
		clock_format(ms, s->time_text);
	}
	return s->time == ms;
}

/* Whether the stored capture at hand is the one that is ready. */
static enum capture_result compare_stored(
    struct capture_store *s, const char **why)
{
	struct slice member = column(s->compare, 1);

	if (!member.p && same_time(s, column(s->compare, 2)))
		return CAPTURE_DUPLICATE;
	if (!member.p)
		member = SLICE("fetched_at");
	if (slice_is(member, "body") &&
	    (*why = bodies_check(&s->bodies, s->compare, 3)))
		return CAPTURE_UNREADABLE;
	snprintf(s->reason, sizeof(s->reason),
	    "another capture with this run and seq is staged, with another "
	    "'%.*s': to stage this one too, give it a run of its own",
	    member.n < 64 ? (int)member.n : 64, member.p);
	*why = s->reason;
	return CAPTURE_INVALID;
}

/*
 * Whether this capture is there under its run and seq: CAPTURE_READY if none
 * is.
 */
static enum capture_result compare(struct capture_store *s, const char **why)
{
	enum capture_result result = CAPTURE_FAILED;
	int rc;

	bind_ready(s, s->compare);
	sqlite3_bind_blob(s->compare, CAPTURE_BODY + 1, s->bodies.digest,
	    SHA256_SIZE, SQLITE_STATIC);
	rc = sqlite3_step(s->compare);
	s->capture_id = sqlite3_column_int64(s->compare, 0);
	if (rc == SQLITE_DONE)
		result = CAPTURE_READY;
	else if (rc == SQLITE_ROW)
		result = compare_stored(s, why);
	sqlite3_reset(s->compare);
	return result;
}

enum capture_result capture_store_append(
    struct capture_store *s, const char **why)
{
	enum capture_result result = compare(s, why);
	sqlite3_int64 body_id = 0;
	int rc;

	/* One that is there already can mend its body. */
	if (result != CAPTURE_READY &&
	    !(result == CAPTURE_DUPLICATE && s->bodies.is_deflated))
		return result;
	if (bodies_store(&s->bodies, &body_id) != SQLITE_OK)
		return CAPTURE_FAILED;
	if (result == CAPTURE_DUPLICATE)
		return result;
	bind_ready(s, s->insert);
	sqlite3_bind_int64(s->insert, CAPTURE_BODY + 1, body_id);
	rc = sqlite3_step(s->insert);
	sqlite3_reset(s->insert);
	s->capture_id = sqlite3_last_insert_rowid(s->db);
	if (rc != SQLITE_DONE)
		return CAPTURE_FAILED;
	if (body_id && sqlite3_changes(s->db) > 0)
		return CAPTURE_ADDED;
	*why = "a trigger of the database ignores the capture";
	return CAPTURE_INVALID;
}

#define FILTER                                                                \
	"where capture_id > ?1 and capture_id <= ?2 "                         \
	"and (?3 is null or run_id = ?3) "                                    \
	"and (?4 is null or endpoint = ?4) "                                  \
	"and (?5 is null or user_id = ?5) "                                   \
	"and (?6 is null or fetched_at >= ?6) "                               \
	"and (?7 is null or fetched_at < ?7) "                                \
	"and (?8 = 0 or exists (select 1 from ingest_errors e where e.src = " \
	"staging_raw.run_id || '/' || seq and "                               \
	"(e.list is null and e.stage not in ('sp-queue', 'sp-fetch', "        \
	"'sp-stage'))"                                                        \
	")) "

static void bind_filter(sqlite3_stmt *stmt, const struct capture_filter *f)
{
	db_bind_text(stmt, 3, slice_of(f->run));
	db_bind_text(stmt, 4, slice_of(f->endpoint));
	db_bind_text(stmt, 5, slice_of(f->user));
	db_bind_text(stmt, 6, slice_of(f->since));
	db_bind_text(stmt, 7, slice_of(f->until));
	sqlite3_bind_int(stmt, 8, f->refused);
}

/* Where to look: of one run the captures are near each other. */
static int find_range(struct capture_walk *w, const struct capture_filter *f)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(w->db,
	    f->run ? "select min(capture_id) - 1, max(capture_id) "
		     "from staging_raw where run_id = ?"
		   : "select 0, max(capture_id) from staging_raw",
	    -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (f->run)
		db_bind_text(stmt, 1, slice_of(f->run));
	rc = sqlite3_step(stmt);
	w->last = sqlite3_column_int64(stmt, 0);
	w->until = sqlite3_column_int64(stmt, 1);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int count(struct capture_walk *w, const struct capture_filter *f)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(
	    w->db, "select count(*) from staging_raw " FILTER, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, w->last);
	sqlite3_bind_int64(stmt, 2, w->until);
	bind_filter(stmt, f);
	rc = sqlite3_step(stmt);
	w->total = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* What put_capture reads, and put_name of it. */
#define SELECT                                                     \
	"select capture_id, run_id, seq, endpoint, user_id, url, " \
	"status, fetched_at, b.body, "                             \
	"size, sha256, body_is_text, extra_json "                  \
	"from staging_raw left join staging_bodies b using (body_id) "
enum {
	CAPTURE_ID,
	CAPTURE_MEMBERS,
	BODY = CAPTURE_MEMBERS + CAPTURE_BODY,
	IS_TEXT = BODY + 3,
	EXTRA
};

int captures_uncommitted(sqlite3 *db, struct buf *array)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db,
	    "select json_group_array(run_id) from ingest_runs r "
	    "where status <> 'complete' and exists "
	    "(select 1 from staging_raw where run_id = r.run_id)",
	    -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && !buf_put_slice(array, column(stmt, 0)))
		rc = SQLITE_TOOBIG;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int capture_walk_init(struct capture_walk *w, sqlite3 *db,
    const struct capture_filter *f, bool names)
{
	int rc;

	*w = (struct capture_walk){.db = db, .names = names};
	capture_reader_init(&w->reader);
	rc = find_range(w, f);
	if (rc == SQLITE_OK)
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
	return sqlite3_bind_int64(w->select, 1, w->last);
}

void capture_walk_release(struct capture_walk *w)
{
	sqlite3_finalize(w->select);
	w->select = NULL;
	capture_reader_release(&w->reader);
}

void capture_reader_init(struct capture_reader *r)
{
	*r = (struct capture_reader){.bad = NULL};
	deflate_init(&r->deflate);
}

void capture_reader_release(struct capture_reader *r)
{
	deflate_release(&r->deflate);
	buf_release(&r->text);
}

static bool put_name(sqlite3_stmt *row, struct buf *b)
{
	buf_clear(b);
	return buf_put_slice(b, column(row, 1));
}

static void put_body(struct capture_reader *r, sqlite3_stmt *row, struct buf *b)
{
	int form = sqlite3_column_int(row, IS_TEXT);
	size_t at;

	if (form != BODY_JSON) {
		buf_clear(&r->text);
		r->text.max = b->max;
		r->bad = bodies_inflate(&r->deflate, row, BODY, &r->text);
		body_put_as(b, buf_slice(&r->text),
		    form == BODY_TEXT ? BODY_TEXT : BODY_BYTES);
		b->failed |= r->text.failed;
		return;
	}
	json_put_key(b, "body");
	at = b->n;
	r->bad = bodies_inflate(&r->deflate, row, BODY, b);
	if (!r->bad && memchr(b->p + at, '\n', b->n - at))
		r->bad = "its body contains a line break";
}

/*
 * Write a row as the capture that it was; the body comes last. One whose body
 * is bad comes by its name.
 */
static bool put_capture(
    struct capture_reader *r, sqlite3_stmt *row, struct buf *b)
{
	struct slice extra = column(row, EXTRA), run, seq;

	r->bad = NULL;
	buf_clear(b);
	buf_putc(b, '{');
	json_put_member(b, "type", SLICE("capture"));
	for (int c = 0; c < CAPTURE_BODY; c++) {
		struct slice value = column(row, CAPTURE_MEMBERS + c);

		if (!value.p)
			continue;
		if (c == CAPTURE_SEQ || c == CAPTURE_STATUS)
			json_put_member_int(b, member_names[c],
			    sqlite3_column_int64(row, CAPTURE_MEMBERS + c));
		else
			json_put_member(b, member_names[c], value);
	}
	if (extra.n > 2) {
		buf_putc(b, ',');
		buf_put(b, extra.p + 1, extra.n - 2);
	}
	put_body(r, row, b);
	if (!r->bad || b->failed)
		return buf_putc(b, '}');
	run = column(row, CAPTURE_MEMBERS + CAPTURE_RUN);
	seq = column(row, CAPTURE_MEMBERS + CAPTURE_SEQ);
	buf_clear(b);
	return !run.p || !seq.p ||
	       buf_printf(b, "%.*s/%.*s", (int)run.n, run.p, (int)seq.n, seq.p);
}

/* The row that a statement is at, as what it is asked for. */
static int read_row(
    struct capture_reader *r, sqlite3_stmt *row, bool name, struct buf *line)
{
	bool whole = name ? put_name(row, line) : put_capture(r, row, line);

	return whole ? SQLITE_ROW : SQLITE_TOOBIG;
}

int capture_walk_next(struct capture_walk *w, struct buf *line)
{
	for (;;) {
		int rc = sqlite3_step(w->select);

		if (rc == SQLITE_ROW) {
			w->last = sqlite3_column_int64(w->select, CAPTURE_ID);
			w->portion++;
			rc = read_row(&w->reader, w->select, w->names, line);
			if (rc != SQLITE_ROW)
				sqlite3_reset(w->select);
			return rc;
		}
		sqlite3_reset(w->select);
		if (rc != SQLITE_DONE || w->portion < PORTION)
			return rc;
		w->portion = 0;
		sqlite3_bind_int64(w->select, 1, w->last);
	}
}

int capture_reader_read(
    struct capture_reader *r, sqlite3 *db, sqlite3_int64 id, struct buf *line)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(
	    db, SELECT "where capture_id = ?", -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, id);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		rc = read_row(r, stmt, false, line);
	sqlite3_finalize(stmt);
	return rc;
}
