#include "staging/capture_walk.h"

#include <string.h>

#include "base/array.h"
#include "db/statements.h"
#include "json/json.h"
#include "staging/bodies.h"
#include "stream/body.h"

#define PORTION 64 /* captures read by one run of the statement */

/* The columns of sql_walk_captures. */
enum column { ID, NAME, MEMBERS, EXTRA = MEMBERS + 9, FORM, BODY };

/* The members that columns from MEMBERS on are. */
static const struct {
	const char *name;
	bool is_number;
} members[EXTRA - MEMBERS] = {{"run", false}, {"seq", true},
    {"endpoint", false}, {"user", false}, {"url", false}, {"status", true},
    {"fetched_at", false}, {"sha256", false}, {"first_row", true}};

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

static void put_body(struct capture_reader *r, struct query *row, struct buf *b)
{
	int64_t form = query_int(row, FORM);
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

static bool put_name(struct query *row, struct buf *line)
{
	buf_clear(line);
	return buf_put_slice(line, query_text(row, NAME));
}

/* Write a capture with its body last, or its name if the body is unreadable. */
static bool put_capture(
    struct capture_reader *r, struct query *row, struct buf *line)
{
	struct slice extra = query_text(row, EXTRA);

	r->bad = NULL;
	buf_clear(line);
	buf_putc(line, '{');
	json_put_member(line, "type", SLICE("capture"));
	for (int i = 0; i < (int)COUNT_OF(members); i++) {
		if (query_is_null(row, MEMBERS + i))
			continue;
		if (members[i].is_number)
			json_put_member_int(
			    line, members[i].name, query_int(row, MEMBERS + i));
		else
			json_put_member(line, members[i].name,
			    query_text(row, MEMBERS + i));
	}
	if (extra.n > 2) {
		buf_putc(line, ',');
		buf_put(line, extra.p + 1, extra.n - 2);
	}
	put_body(r, row, line);
	if (r->bad && !line->failed)
		return put_name(row, line);
	return buf_putc(line, '}');
}

int capture_reader_read(
    struct capture_reader *r, sqlite3 *db, sqlite3_int64 id, struct buf *line)
{
	struct query q;
	int rc = SQLITE_DONE, failed;

	query_prepare(&q, db, &sql_walk_captures);
	query_bind_int(&q, ":last", id - 1);
	query_bind_int(&q, ":newest", id);
	query_bind_int(&q, ":limit", 1);
	if (query_step(&q))
		rc = put_capture(r, &q, line) ? SQLITE_ROW : SQLITE_TOOBIG;
	failed = query_finish(&q);
	return failed ? failed : rc;
}

static int find_range(
    struct capture_walk *w, sqlite3 *db, const char *run, sqlite3_int64 *newest)
{
	struct query q;

	query_prepare(&q, db, &sql_capture_range);
	query_bind_text(&q, ":run", slice_of(run));
	query_step(&q);
	w->last = query_int(&q, 0);
	*newest = query_int(&q, 1);
	return query_finish(&q);
}

static void bind_filter(
    struct query *q, const struct capture_filter *f, sqlite3_int64 newest)
{
	query_bind_int(q, ":newest", newest);
	query_bind_text(q, ":run", slice_of(f->run));
	query_bind_text(q, ":endpoint", slice_of(f->endpoint));
	query_bind_text(q, ":user", slice_of(f->user));
	query_bind_text(q, ":since", slice_of(f->since));
	query_bind_text(q, ":until", slice_of(f->until));
	if (f->refused)
		query_bind_int(q, ":refused", 1);
}

int capture_walk_init(struct capture_walk *w, sqlite3 *db,
    const struct capture_filter *f, bool names)
{
	sqlite3_int64 newest;
	struct query count;
	int rc;

	*w = (struct capture_walk){.names = names};
	capture_reader_init(&w->reader);
	rc = find_range(w, db, f->run, &newest);
	if (rc != SQLITE_OK)
		return rc;
	query_prepare(&count, db, &sql_count_captures);
	query_bind_int(&count, ":last", w->last);
	bind_filter(&count, f, newest);
	query_step(&count);
	w->total = query_int(&count, 0);
	rc = query_finish(&count);
	if (rc != SQLITE_OK)
		return rc;
	query_prepare(&w->captures, db, &sql_walk_captures);
	query_bind_int(&w->captures, ":last", w->last);
	bind_filter(&w->captures, f, newest);
	query_bind_int(&w->captures, ":limit", PORTION);
	return w->captures.rc;
}

void capture_walk_release(struct capture_walk *w)
{
	query_finish(&w->captures);
	capture_reader_release(&w->reader);
}

int capture_walk_next(struct capture_walk *w, struct buf *line)
{
	struct query *q = &w->captures;

	while (!query_step(q)) {
		if (q->rc != SQLITE_OK || w->portion < PORTION)
			return q->rc ? q->rc : SQLITE_DONE;
		w->portion = 0;
		query_bind_int(q, ":last", w->last);
	}
	w->last = query_int(q, ID);
	w->portion++;
	if (w->names ? put_name(q, line) : put_capture(&w->reader, q, line))
		return SQLITE_ROW;
	query_reset(q);
	return SQLITE_TOOBIG;
}

int captures_put_uncommitted(sqlite3 *db, struct buf *array)
{
	struct query q;

	query_prepare(&q, db, &sql_uncommitted_runs);
	query_step(&q);
	if (!buf_put_slice(array, query_text(&q, 0)))
		query_fail(&q, SQLITE_TOOBIG);
	return query_finish(&q);
}
