#include "plan/deadlines.h"

#include "base/clock.h"
#include "db/statements.h"

#define DEADLINE_MAX ((int64_t)48 * 3600 * 1000) /* ms */

int64_t clock_correction(sqlite3 *db, int64_t now)
{
	struct query q;
	int64_t off = 0, at, age;

	query_prepare(&q, db, &sql_newest_clock_correction);
	if (query_step(&q) && clock_parse(query_text(&q, 0), &at)) {
		off = query_int(&q, 1);
		age = now + off - at;
		if (age < 0 || age > DEADLINE_MAX)
			off = 0;
	}
	return query_finish(&q) == SQLITE_OK ? off : 0;
}

/* Prepare deadlines, whose columns these are. */
enum { USER, ENDPOINT, SET_AT, UNTIL, IS_FIRST };

static void prepare(struct query *q, sqlite3 *db, struct slice user,
    const char *endpoints, bool for_all)
{
	int64_t now = clock_now();

	now += clock_correction(db, now);
	query_prepare(q, db, &sql_deadlines);
	query_bind_time(q, ":now", now);
	query_bind_time(q, ":latest", now + DEADLINE_MAX);
	query_bind_time(q, ":since", now - DEADLINE_MAX);
	query_bind_text(q, ":user", user.n ? user : SLICE(""));
	query_bind_text(q, ":endpoints", slice_of(endpoints));
	query_bind_int(q, ":for_all", for_all);
}

int deadlines_find(
    sqlite3 *db, struct slice user, const char *endpoints, struct buf *until)
{
	struct query q;

	buf_clear(until);
	prepare(&q, db, user, endpoints, true);
	while (query_step(&q)) {
		struct slice one = query_text(&q, UNTIL);

		if (slice_cmp(one, buf_slice(until)) > 0) {
			buf_clear(until);
			buf_put_slice(until, one);
		}
	}
	return query_finish(&q);
}

int deadlines_lift(sqlite3 *db, struct slice user, const char *endpoints,
    void (*on_lift)(void *ctx, const char *endpoint, const char *until),
    void *ctx)
{
	struct query q, lift;
	int64_t now = clock_now();

	prepare(&q, db, user, endpoints, false);
	query_prepare(&lift, db, &sql_lift_deadline);
	query_bind_time(&lift, ":now", now + clock_correction(db, now));
	while (query_step(&q)) {
		if (query_int(&q, IS_FIRST))
			on_lift(ctx, query_string(&q, ENDPOINT),
			    query_string(&q, UNTIL));
		query_bind_text(&lift, ":user", query_text(&q, USER));
		query_bind_text(&lift, ":endpoint", query_text(&q, ENDPOINT));
		query_bind_text(&lift, ":set_at", query_text(&q, SET_AT));
		query_fail(&q, query_run(&lift));
	}
	query_fail(&q, query_finish(&lift));
	return query_finish(&q);
}
