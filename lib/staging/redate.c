#include "staging/redate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "db/statements.h"

#define SPAN 48 /* bytes of a span as SQLite's modifier of a time */

static void span_text(int64_t ms, char text[SPAN])
{
	int64_t s = ms / 1000, rest = ms % 1000;

	snprintf(text, SPAN, "%s%" PRId64 ".%03" PRId64 " seconds",
	    ms < 0 ? "-" : "+", s < 0 ? -s : s, rest < 0 ? -rest : rest);
}

void redate_list(
    struct query *q, sqlite3 *db, const char *runs, int64_t from, int64_t to)
{
	char span[SPAN];

	query_prepare(q, db, &sql_redated_runs);
	query_bind_text(q, ":runs", slice_of(runs));
	span_text(from, span);
	query_bind_copy(q, ":span_from", slice_of(span));
	span_text(to, span);
	query_bind_copy(q, ":span_to", slice_of(span));
}

int redate_unknown(sqlite3 *db, const char *runs, struct buf *run)
{
	struct query q;

	query_prepare(&q, db, &sql_unknown_runs);
	query_bind_text(&q, ":runs", slice_of(runs));
	if (query_step(&q))
		buf_put_slice(run, query_text(&q, 0));
	return query_finish(&q);
}

/* Whether a capture would leave the years that can be written. */
static int check_range(sqlite3 *db, const char *runs, const char *span)
{
	struct query q;

	query_prepare(&q, db, &sql_leaves_years);
	query_bind_text(&q, ":runs", slice_of(runs));
	query_bind_text(&q, ":span", slice_of(span));
	if (query_step(&q))
		query_fail(&q, SQLITE_RANGE);
	return query_finish(&q);
}

int redate_move(sqlite3 *db, const char *runs, int64_t by)
{
	static const struct sql *const moves[] = {&sql_move_accounts,
	    &sql_move_runs, &sql_move_errors, &sql_move_captures};
	char span[SPAN];
	int rc;

	span_text(by, span);
	rc = check_range(db, runs, span);
	for (size_t i = 0; i < COUNT_OF(moves) && !rc; i++) {
		struct query q;

		query_prepare(&q, db, moves[i]);
		query_bind_text(&q, ":runs", slice_of(runs));
		query_bind_text(&q, ":span", slice_of(span));
		query_bind_int(&q, ":by", by);
		query_run(&q);
		rc = query_finish(&q);
	}
	return rc;
}
