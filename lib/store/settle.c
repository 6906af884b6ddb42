#include "store/settle.h"

#include "db/statements.h"
#include "json/json.h"

#define CAPTURES_MAX ((size_t)64 << 20)

void settling_init(struct settling *s)
{
	*s = (struct settling){.captures = BUF_INIT(CAPTURES_MAX)};
}

void settling_release(struct settling *s)
{
	buf_release(&s->captures);
}

void settling_clear(struct settling *s)
{
	buf_clear(&s->captures);
	s->known = 0;
}

static sqlite3_int64 last_error(sqlite3 *db)
{
	struct query q;
	sqlite3_int64 id = -1;

	query_prepare(&q, db, &sql_last_error);
	if (query_step(&q))
		id = query_int(&q, 0);
	return query_finish(&q) == SQLITE_OK ? id : -1;
}

const char *settling_add(struct settling *s, sqlite3 *db, struct slice object)
{
	size_t from = s->captures.n;
	enum json_type type;
	struct json j;

	if (from == 0)
		s->known = last_error(db);
	json_init(&j, object);
	json_next(&j);
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type != JSON_STRING || s->captures.n > from ||
		    !json_text_is(j.key, j.key_escaped, SLICE("src")))
			break;
		if (!json_unescape(j.text, &s->captures))
			break;
	}
	if (!s->captures.failed && type == JSON_OBJECT_END &&
	    s->captures.n > from && buf_putc(&s->captures, '\0'))
		return NULL;
	s->captures.n = from;
	if (!s->captures.failed)
		return "rows of ingest_errors can only be deleted by 'src'";
	s->captures.failed = false;
	return "too many rows are held until the end of the run";
}

int settling_apply(const struct settling *s, sqlite3 *db, uint64_t *captures)
{
	const char *p = s->captures.p, *end = p + s->captures.n;
	struct query q;

	if (s->captures.n == 0)
		return SQLITE_OK;
	query_prepare(&q, db, &sql_delete_errors_of_capture);
	query_bind_int(&q, ":known", s->known);
	for (; q.rc == SQLITE_OK && p < end; p += strlen(p) + 1) {
		query_bind_text(&q, ":src", slice_of(p));
		*captures +=
		    query_run(&q) == SQLITE_OK && sqlite3_changes(db) > 0;
	}
	return query_finish(&q);
}

int settle_lists(sqlite3 *db)
{
	return query_exec(db, &sql_delete_errors_of_lists);
}
