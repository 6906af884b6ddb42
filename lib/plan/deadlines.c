#include "plan/deadlines.h"

#include "base/clock.h"
#include "store/db.h"

#define LONGEST ((int64_t)48 * 3600 * 1000) /* ms */

/*
 * The deadlines of :user that are still to come: user_id, endpoint, retry_at,
 * the time at which it was set, and whether it is one for everything.
 */
#define DEADLINES                                                              \
	"with told (user_id, endpoint, retry_at, at, quota) as ("              \
	"select user_id, endpoint, retry_at, coalesce(last_updated, ''), "     \
	"coalesce(reason like 'QUOTA_EXCEEDED%', 0) from endpoint_status "     \
	"where status in (408, 429) or status >= 500 "                         \
	"union all select coalesce(user_id, ''), endpoint, "                   \
	"json_extract(extra_json, '$.retry_at'), coalesce(fetched_at, ''), "   \
	"coalesce(json_extract(extra_json, '$.quota'), 0) from staging_raw c " \
	"where (status in (408, 429) or status >= 500) "                       \
	"and fetched_at > :since and not exists (select 1 "                    \
	"from endpoint_status s where s.user_id = c.user_id "                  \
	"and s.endpoint = c.endpoint and s.last_updated >= c.fetched_at)), "   \
	"deadlines as (select user_id, endpoint, retry_at, at, "               \
	"quota or endpoint = 'token' or user_id = '' as of_all from told t "   \
	"where retry_at > :now and retry_at <= :latest "                       \
	"and (user_id = :user or (quota and user_id in (select b.user_id "     \
	"from accounts a join accounts b using (client_id) "                   \
	"where a.user_id = :user))) and not exists (select 1 "                 \
	"from lifted_deadlines l where l.user_id = t.user_id "                 \
	"and l.endpoint = t.endpoint and l.lifted_at >= t.at)) "

#define IS_OF(endpoints)                             \
	"(" endpoints " is null or instr(" endpoints \
	", ' ' || endpoint || ' '))"

/* The newest capture says by how much sp-fetch corrected the clock. */
static const char clock_off[] =
    "select fetched_at, json_extract(extra_json, '$.clock_off') "
    "from staging_raw order by capture_id desc limit 1";

int64_t clock_correction(sqlite3 *db, int64_t now)
{
	sqlite3_stmt *s;
	int64_t off = 0, at, age;

	if (sqlite3_prepare_v2(db, clock_off, -1, &s, NULL) != SQLITE_OK)
		return 0;
	if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0) &&
	    clock_parse(
		slice_of((const char *)sqlite3_column_text(s, 0)), &at)) {
		off = sqlite3_column_int64(s, 1);
		age = now + off - at;
		if (age < 0 || age > LONGEST)
			off = 0;
	}
	sqlite3_finalize(s);
	return off;
}

static void bind_time(sqlite3_stmt *s, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT];
	int i = sqlite3_bind_parameter_index(s, name);

	if (i > 0 && clock_format(ms > 0 ? ms : 0, text))
		sqlite3_bind_text(s, i, text, -1, SQLITE_TRANSIENT);
}

static int prepare(sqlite3 *db, const char *sql, struct slice user,
    const char *endpoints, sqlite3_stmt **s)
{
	int64_t now = clock_now();
	int rc = sqlite3_prepare_v2(db, sql, -1, s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	now += clock_correction(db, now);
	bind_time(*s, ":now", now);
	bind_time(*s, ":latest", now + LONGEST);
	bind_time(*s, ":since", now - LONGEST);
	rc = sqlite3_bind_text(*s, sqlite3_bind_parameter_index(*s, ":user"),
	    user.n ? user.p : "", (int)user.n, SQLITE_TRANSIENT);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(*s,
		    sqlite3_bind_parameter_index(*s, ":endpoints"), endpoints,
		    -1, SQLITE_TRANSIENT);
	if (rc != SQLITE_OK)
		sqlite3_finalize(*s);
	return rc;
}

static const char *text_of(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

int deadlines_find(
    sqlite3 *db, struct slice user, const char *endpoints, struct buf *until)
{
	sqlite3_stmt *s;
	int rc = prepare(db,
	    DEADLINES "select max(retry_at) from deadlines "
		      "where of_all or " IS_OF(":endpoints"),
	    user, endpoints, &s);

	buf_clear(until);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		buf_puts(until, text_of(s, 0));
	if (until->failed)
		rc = SQLITE_NOMEM;
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int deadlines_lift(sqlite3 *db, struct slice user, const char *endpoints,
    void (*on_lift)(void *ctx, const char *endpoint, const char *until),
    void *ctx)
{
	sqlite3_stmt *s;
	int rc = prepare(db,
	    DEADLINES "select endpoint, max(retry_at) from deadlines "
		      "where " IS_OF(":endpoints") " group by 1 order by 1",
	    user, endpoints, &s);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		on_lift(ctx, text_of(s, 0), text_of(s, 1));
	sqlite3_finalize(s);
	if (rc != SQLITE_DONE)
		return rc;
	/* One that was set in the future is to be lifted, too. */
	rc = prepare(db,
	    DEADLINES
	    "insert into lifted_deadlines (user_id, endpoint, lifted_at) "
	    "select user_id, endpoint, max(max(at), :now) from deadlines "
	    "where " IS_OF(":endpoints") " group by 1, 2 on conflict do update "
					 "set lifted_at = max(lifted_at, "
					 "excluded.lifted_at)",
	    user, endpoints, &s);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s);
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
