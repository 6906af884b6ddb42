#include "base/array.h"
#include "db/dead_letters.h"

#include "db/statements.h"
#include "json/json.h"

#define KNOWN_BYTES ((size_t)32 << 10) /* of the member `known` */

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

/* Members of a row of texts; NULLs are left out. */
static void put_row(struct buf *b, struct query *q)
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
		put_row(&known, &q);
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
