#include "staging/captures.h"

#include <stdio.h>

#include "base/array.h"
#include "db/statements.h"

int capture_store_init(struct capture_store *s, sqlite3 *db, size_t max_line)
{
	int rc;

	*s = (struct capture_store){.seq = -1, .first_row = -1};
	s->scratch.max = s->extra.max = max_line + ((size_t)1 << 20);
	rc = bodies_init(&s->bodies, db, s->scratch.max);
	query_prepare_persistent(&s->insert, db, &sql_insert_capture);
	query_prepare_persistent(&s->compare, db, &sql_compare_capture);
	query_prepare_persistent(&s->find_known, db, &sql_known_capture);
	if (rc != SQLITE_OK)
		return rc;
	if (s->insert.rc != SQLITE_OK)
		return s->insert.rc;
	return s->compare.rc ? s->compare.rc : s->find_known.rc;
}

void capture_store_release(struct capture_store *s)
{
	query_finish(&s->insert);
	query_finish(&s->compare);
	query_finish(&s->find_known);
	bodies_release(&s->bodies);
	buf_release(&s->scratch);
	buf_release(&s->extra);
}

/* The members that have no column of their own, as a JSON object or "". */
static bool collect_extra(struct capture_store *s, const struct record *rec)
{
	static const char *const columns[] = {"type", "run", "seq", "endpoint",
	    "user", "url", "status", "fetched_at", "sha256", "first_row",
	    "body", "text", "body_base64", NULL};

	buf_clear(&s->extra);
	record_put_members(rec, columns, &s->extra);
	if (s->extra.n > 1)
		buf_putc(&s->extra, '}');
	else
		buf_clear(&s->extra);
	return !s->extra.failed;
}

/* Parse the time into the form that compares as text; without one, now. */
static bool read_time(struct capture_store *s, struct slice fetched_at)
{
	s->has_time = fetched_at.p != NULL;
	s->time = clock_now();
	return (!s->has_time || clock_parse(fetched_at, &s->time)) &&
	       clock_format(s->time, s->time_text);
}

/* Read all members but the body. */
static enum capture_result read_members(
    struct capture_store *s, const struct record *rec, const char **why)
{
	struct slice fetched_at;
	const struct {
		const char *name;
		struct slice *to;
	} texts[] = {{"run", &s->run}, {"endpoint", &s->endpoint},
	    {"user", &s->user}, {"url", &s->url}, {"fetched_at", &fetched_at},
	    {"sha256", &s->file_sha256}};

	buf_clear(&s->scratch);
	s->seq = s->status = s->first_row = -1;
	*why = "a member has the wrong type";
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (!record_string(
			rec, texts[i].name, &s->scratch, texts[i].to))
			return CAPTURE_INVALID;
	if (!record_int(rec, "seq", &s->seq) ||
	    !record_int(rec, "status", &s->status) ||
	    !record_int(rec, "first_row", &s->first_row))
		return CAPTURE_INVALID;
	*why = "'endpoint' is missing";
	if (s->endpoint.n == 0)
		return CAPTURE_INVALID;
	*why = "'fetched_at' is not a time like 2026-11-22T06:40:00.123Z";
	if (!read_time(s, fetched_at))
		return CAPTURE_INVALID;
	return collect_extra(s, rec) ? CAPTURE_READY : CAPTURE_FAILED;
}

enum capture_result capture_store_prepare(
    struct capture_store *s, const struct record *rec, const char **why)
{
	enum capture_result result = read_members(s, rec, why);
	struct slice body;

	if (result != CAPTURE_READY)
		return result;
	s->form = BODY_NONE;
	if (!body_read(rec, &s->scratch, &body, &s->form, why))
		return CAPTURE_INVALID;
	*why = BODY_MISSING;
	if (s->form == BODY_NONE)
		return CAPTURE_INVALID;
	return bodies_prepare(&s->bodies, body) == SQLITE_OK ? CAPTURE_READY
							     : CAPTURE_FAILED;
}

static void bind_number(struct query *q, const char *param, int64_t n)
{
	if (n < 0)
		query_bind_text(q, param, (struct slice){NULL, 0});
	else
		query_bind_int(q, param, n);
}

static struct slice extra_of(const struct capture_store *s)
{
	return s->extra.n ? buf_slice(&s->extra) : (struct slice){NULL, 0};
}

static struct slice digest_of(const struct capture_store *s)
{
	return (struct slice){(const char *)s->bodies.digest, SHA256_SIZE};
}

/* Bind the parameters that insert and compare have. */
static void bind_capture(const struct capture_store *s, struct query *q)
{
	query_bind_text(q, ":run", s->run);
	bind_number(q, ":seq", s->seq);
	query_bind_text(q, ":endpoint", s->endpoint);
	query_bind_text(q, ":user", s->user);
	query_bind_text(q, ":url", s->url);
	bind_number(q, ":status", s->status);
	query_bind_int(q, ":body_is_text", s->form);
	query_bind_text(q, ":file_sha256", s->file_sha256);
	bind_number(q, ":first_row", s->first_row);
	query_bind_text(q, ":extra", extra_of(s));
}

/*
 * Whether a stored capture has the same time. A capture without fetched_at
 * takes over the stored time.
 */
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

/* Compare with the stored capture of the same run and seq. */
static enum capture_result compare_stored(
    struct capture_store *s, const char **why)
{
	struct slice member = query_text(&s->compare, 1);

	if (!member.p && same_time(s, query_text(&s->compare, 2)))
		return CAPTURE_DUPLICATE;
	if (!member.p)
		member = SLICE("fetched_at");
	if (slice_is(member, "body") &&
	    (*why = bodies_check(&s->bodies, &s->compare, 3)))
		return CAPTURE_UNREADABLE;
	snprintf(s->reason, sizeof(s->reason),
	    "another capture with this run and seq is staged, "
	    "with another '%.*s': "
	    "to stage this one too, give it a run of its own",
	    member.n < 64 ? (int)member.n : 64, member.p);
	*why = s->reason;
	return CAPTURE_INVALID;
}

/* Look for a stored capture of the same run and seq; CAPTURE_READY if none. */
static enum capture_result compare(struct capture_store *s, const char **why)
{
	enum capture_result result = CAPTURE_READY;

	bind_capture(s, &s->compare);
	query_bind_blob(&s->compare, ":sha256", digest_of(s));
	if (query_step(&s->compare))
		result = compare_stored(s, why);
	query_reset(&s->compare);
	return s->compare.rc == SQLITE_OK ? result : CAPTURE_FAILED;
}

/*
 * Look for these rows of this file; *same is whether the body is the same, too.
 * CAPTURE_READY if they are not stored.
 */
static enum capture_result find_known(struct capture_store *s, bool *same)
{
	struct query *q = &s->find_known;
	enum capture_result result = CAPTURE_READY;

	*same = false;
	if (!s->file_sha256.p || s->first_row < 0)
		return result;
	query_bind_text(q, ":file_sha256", s->file_sha256);
	query_bind_int(q, ":first_row", s->first_row);
	query_bind_text(q, ":user", s->user);
	query_bind_text(q, ":endpoint", s->endpoint);
	query_bind_text(q, ":extra", extra_of(s));
	query_bind_blob(q, ":sha256", digest_of(s));
	if (query_step(q)) {
		result = CAPTURE_KNOWN;
		s->known = query_int(q, 0);
		*same = query_int(q, 1) != 0;
	}
	query_reset(q);
	return q->rc == SQLITE_OK ? result : CAPTURE_FAILED;
}

static enum capture_result insert(
    struct capture_store *s, sqlite3_int64 body_id, const char **why)
{
	bind_capture(s, &s->insert);
	query_bind_text(&s->insert, ":fetched_at", slice_of(s->time_text));
	query_bind_int(&s->insert, ":body_id", body_id);
	if (query_run(&s->insert) != SQLITE_OK)
		return CAPTURE_FAILED;
	if (body_id && sqlite3_changes(s->insert.db) > 0)
		return CAPTURE_ADDED;
	*why = "a trigger of the database ignores the capture";
	return CAPTURE_INVALID;
}

enum capture_result capture_store_append(
    struct capture_store *s, const char **why)
{
	enum capture_result result = compare(s, why);
	sqlite3_int64 body_id = 0;
	bool same = result == CAPTURE_DUPLICATE;

	if (result == CAPTURE_READY)
		result = find_known(s, &same);
	/* The same body can replace a damaged one. */
	if (result != CAPTURE_READY && !(same && s->bodies.is_new))
		return result;
	if (bodies_store(&s->bodies, &body_id) != SQLITE_OK)
		return CAPTURE_FAILED;
	return result == CAPTURE_READY ? insert(s, body_id, why) : result;
}
