#include "store/settle.h"

#include "json/json.h"
#include "store/db.h"

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

const char *settling_add(struct settling *s, sqlite3 *db, struct slice object)
{
	size_t from = s->captures.n;
	enum json_type type;
	struct json j;

	if (from == 0)
		s->known = store_int(
		    db, "select max(error_id) from ingest_errors", -1);
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
	sqlite3_stmt *stmt;
	int rc;

	if (s->captures.n == 0)
		return SQLITE_OK;
	rc = sqlite3_prepare_v2(db,
	    "delete from ingest_errors as e where src = ?1"
	    " and error_id <= ?2 and " SETTLE_STAGED,
	    -1, &stmt, NULL);
	for (; rc == SQLITE_OK && p < end; p += strlen(p) + 1) {
		store_bind(stmt, 1, slice_of(p));
		sqlite3_bind_int64(stmt, 2, s->known);
		sqlite3_step(stmt);
		rc = sqlite3_reset(stmt);
		*captures += rc == SQLITE_OK && sqlite3_changes(db) > 0;
	}
	sqlite3_finalize(stmt);
	return rc;
}

int settle_lists(sqlite3 *db)
{
	return store_exec(db,
	    "delete from ingest_errors where list is not null"
	    " and list not in (select list from playlist_pages)");
}
