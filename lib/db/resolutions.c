#include "db/resolutions.h"

#include "db/statements.h"
#include "json/json.h"

#define RESOLUTIONS_MAX ((size_t)64 << 20)

void resolutions_init(struct resolutions *s)
{
	*s = (struct resolutions){.captures = BUF_INIT(RESOLUTIONS_MAX)};
}

void resolutions_release(struct resolutions *s)
{
	buf_release(&s->captures);
}

void resolutions_clear(struct resolutions *s)
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

const char *resolutions_add(
    struct resolutions *s, sqlite3 *db, struct slice object)
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

int resolutions_apply(
    const struct resolutions *s, sqlite3 *db, uint64_t *captures)
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

int resolutions_apply_lists(sqlite3 *db)
{
	return query_exec(db, &sql_delete_errors_of_lists);
}
