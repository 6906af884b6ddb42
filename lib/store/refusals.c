#include "store/refusals.h"

#include "json/json.h"
#include "store/db.h"

#define KNOWN_BYTES ((size_t)32 << 10) /* of the member `known` */

int refusals_is_known(sqlite3 *db, struct slice src, struct slice place,
    struct slice reason, bool *known)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "select 1 from staging_raw s join ingest_errors e"
	    " on e.endpoint = s.endpoint and e.user_id is s.user_id"
	    " and e.subject is " REFUSALS_SUBJECT(
		"s.url") " and e.place is ?2 and e.reason = ?3 and e.src <> ?1"
			 " where " REFUSALS_CAPTURE("?1") " limit 1",
	    -1, &s, NULL);

	*known = false;
	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, src);
	store_bind(s, 2, place);
	store_bind(s, 3, reason);
	rc = sqlite3_step(s);
	*known = rc == SQLITE_ROW;
	return store_finish(s, rc);
}

/* Members of a row of texts, named by its columns; NULLs are left out. */
static void put_row(struct buf *b, sqlite3_stmt *s)
{
	buf_putc(b, '{');
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		const char *text = (const char *)sqlite3_column_text(s, i);

		if (text)
			json_put_member(
			    b, sqlite3_column_name(s, i), slice_of(text));
	}
	buf_putc(b, '}');
}

int refusals_put_known(sqlite3 *db, struct slice user, struct buf *record)
{
	struct buf known = BUF_INIT(2 * KNOWN_BYTES);
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "select endpoint, subject, place, reason from"
	    " (select * from ingest_errors order by error_id desc limit 1000)"
	    " where user_id = ? and endpoint is not null"
	    " group by endpoint, subject, place, reason"
	    " order by max(error_id) desc",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, user);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		size_t before = known.n;

		buf_putc(&known, known.n ? ',' : '[');
		put_row(&known, s);
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
	return store_finish(s, rc);
}
