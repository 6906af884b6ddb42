#include "plan/deadlines.h"

#include <string.h>

#include "base/buf.h"
#include "db/statements.h"
#include "spotify/endpoint.h"

/* The columns of deadlines. */
enum { USER, ENDPOINT, SET_AT, UNTIL, IS_FIRST };

/* Bind the endpoints of which the requests can wait. */
static void bind_background(struct query *q)
{
	struct buf names = BUF_INIT(4096);

	endpoints_put_of_bucket(BUCKET_CATALOGUE, &names);
	query_bind_copy(q, ":background", buf_slice(&names));
	buf_release(&names);
}

static void prepare(struct query *q, sqlite3 *db, struct slice user,
    const char *names, int64_t now)
{
	query_prepare(q, db, &sql_deadlines);
	query_bind_time(q, ":now", now);
	query_bind_time(q, ":latest", now + DEADLINE_MAX);
	query_bind_time(q, ":since", now - DEADLINE_MAX);
	query_bind_text(q, ":user", user.n ? user : SLICE(""));
	query_bind_text(q, ":endpoints", slice_of(names));
	bind_background(q);
}

int deadlines_find(sqlite3 *db, struct slice user, const char *names,
    int64_t now, char until[CLOCK_TEXT])
{
	struct query q;

	*until = '\0';
	prepare(&q, db, user, names, now);
	query_bind_int(&q, ":for_all", true);
	while (query_step(&q)) {
		struct slice one = query_text(&q, UNTIL);

		if (one.n < CLOCK_TEXT && slice_cmp(one, slice_of(until)) > 0)
			memcpy(until, one.p, one.n + 1);
	}
	return query_finish(&q);
}

int deadlines_lift(sqlite3 *db, struct slice user, const char *names,
    int64_t now,
    void (*on_lift)(void *ctx, const char *endpoint, const char *until),
    void *ctx)
{
	struct query q, lift;

	prepare(&q, db, user, names, now);
	query_bind_int(&q, ":for_all", false);
	query_prepare(&lift, db, &sql_lift_deadline);
	query_bind_time(&lift, ":now", now);
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
