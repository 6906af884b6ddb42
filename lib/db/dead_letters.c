#include "db/dead_letters.h"

#include "base/array.h"
#include "db/statements.h"
#include "json/json.h"

#define KNOWN_BYTES ((size_t)32 << 10) /* of the member `known` */
#define RESOLUTIONS_MAX ((size_t)64 << 20)

/* Delete the errors that the one just inserted repeats. */
static int delete_same(sqlite3 *db, const struct dead_letter *e)
{
	struct query q;

	if (e->list.p) {
		query_prepare(&q, db, &sql_delete_same_error_of_list);
		query_bind_text(&q, ":list", e->list);
	} else {
		query_prepare(&q, db,
		    e->src.p ? &sql_delete_same_error_of_capture
			     : &sql_delete_same_error_of_run);
		query_bind_text(
		    &q, e->src.p ? ":src" : ":run", e->src.p ? e->src : e->run);
		query_bind_text(&q, ":stage", e->stage);
		query_bind_text(&q, ":place", e->place);
		query_bind_text(&q, ":reason", e->reason);
		query_bind_text(&q, ":record", e->record);
	}
	query_bind_int(&q, ":error_id", sqlite3_last_insert_rowid(db));
	query_run(&q);
	return query_finish(&q);
}

int dead_letters_add(sqlite3 *db, const struct dead_letter *e)
{
	struct query q;
	int rc;

	query_prepare(&q, db, &sql_insert_error);
	query_bind_text(&q, ":run", e->run);
	query_bind_text(&q, ":stage", e->stage);
	query_bind_text(&q, ":src", e->src);
	query_bind_text(&q, ":place", e->place);
	query_bind_text(&q, ":reason", e->reason);
	query_bind_text(&q, ":record", e->record);
	query_bind_text(&q, ":seen_at", e->seen_at);
	query_bind_text(&q, ":list", e->list);
	query_bind_int(&q, ":after", e->after);
	query_run(&q);
	rc = query_finish(&q);
	return rc ? rc : delete_same(db, e);
}

int dead_letters_is_known(sqlite3 *db, struct slice src, struct slice place,
    struct slice reason, bool *known)
{
	struct query q;

	query_prepare(&q, db, &sql_is_error_known);
	query_bind_text(&q, ":src", src);
	query_bind_text(&q, ":place", place);
	query_bind_text(&q, ":reason", reason);
	*known = query_step(&q);
	return query_finish(&q);
}

/* Append a row of sql_known_errors as an object; NULLs are left out. */
static void put_known(struct buf *b, struct query *q)
{
	static const char *const names[] = {
	    "endpoint", "subject", "place", "reason"};

	buf_putc(b, '{');
	for (int i = 0; i < (int)COUNT_OF(names); i++)
		if (!query_is_null(q, i))
			json_put_member(b, names[i], query_text(q, i));
	buf_putc(b, '}');
}

int dead_letters_put_known(sqlite3 *db, struct slice user, struct buf *record)
{
	struct buf known = BUF_INIT(2 * KNOWN_BYTES);
	struct query q;

	query_prepare(&q, db, &sql_known_errors);
	query_bind_text(&q, ":user", user);
	while (query_step(&q)) {
		size_t before = known.n;

		buf_putc(&known, known.n ? ',' : '[');
		put_known(&known, &q);
		if (known.failed || known.n > KNOWN_BYTES) {
			known.n = before;
			break;
		}
	}
	if (known.n > 0) {
		json_put_key(record, "known");
		buf_put_slice(record, buf_slice(&known));
		buf_putc(record, ']');
	}
	buf_release(&known);
	return query_finish(&q);
}

void resolutions_init(struct resolutions *r)
{
	*r = (struct resolutions){.captures = BUF_INIT(RESOLUTIONS_MAX)};
}

void resolutions_release(struct resolutions *r)
{
	buf_release(&r->captures);
}

void resolutions_clear(struct resolutions *r)
{
	buf_clear(&r->captures);
	r->latest = 0;
}

static sqlite3_int64 latest_error(sqlite3 *db)
{
	struct query q;
	sqlite3_int64 id = -1;

	query_prepare(&q, db, &sql_latest_error);
	if (query_step(&q))
		id = query_int(&q, 0);
	return query_finish(&q) == SQLITE_OK ? id : -1;
}

/* Append the `src` of {"src":"..."}, ended by a NUL; false if it has none. */
static bool put_src(struct slice object, struct buf *b)
{
	struct json j;

	json_init(&j, object);
	return json_next(&j) == JSON_OBJECT && json_next(&j) == JSON_STRING &&
	       json_text_is(j.key, j.key_escaped, SLICE("src")) && j.text.n &&
	       json_unescape(j.text, b) && buf_putc(b, '\0') &&
	       json_next(&j) == JSON_OBJECT_END;
}

const char *resolutions_add(
    struct resolutions *r, sqlite3 *db, struct slice object)
{
	size_t from = r->captures.n;

	if (from == 0)
		r->latest = latest_error(db);
	if (put_src(object, &r->captures))
		return NULL;
	r->captures.n = from;
	if (!r->captures.failed)
		return "rows of ingest_errors can only be deleted by 'src'";
	r->captures.failed = false;
	return "too many rows are deferred until the end of the run";
}

int resolutions_apply(
    const struct resolutions *r, sqlite3 *db, uint64_t *captures)
{
	const char *p = r->captures.p, *end = p + r->captures.n;
	struct query q;

	if (r->captures.n == 0)
		return SQLITE_OK;
	query_prepare(&q, db, &sql_delete_errors_of_capture);
	query_bind_int(&q, ":latest", r->latest);
	for (; q.rc == SQLITE_OK && p < end; p += strlen(p) + 1) {
		query_bind_text(&q, ":src", slice_of(p));
		*captures +=
		    query_run(&q) == SQLITE_OK && sqlite3_changes(db) > 0;
	}
	return query_finish(&q);
}

int dead_letters_delete_unsent(sqlite3 *db, struct slice run)
{
	struct query q;

	query_prepare(&q, db, &sql_delete_unsent);
	query_bind_text(&q, ":run", run);
	query_run(&q);
	return query_finish(&q);
}

int resolutions_apply_lists(sqlite3 *db)
{
	return query_exec(db, &sql_delete_errors_of_lists);
}
