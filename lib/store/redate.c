#include "store/redate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/db.h"

#define SPAN 48 /* bytes of a span as SQLite's modifier of a time */
#define MOVED(time, by) "strftime('%Y-%m-%dT%H:%M:%fZ', " time ", " by ")"
#define OF_RUNS "in (select value from json_each(?1))"

static void span_text(int64_t ms, char text[SPAN])
{
	int64_t s = ms / 1000, rest = ms % 1000;

	snprintf(text, SPAN, "%s%" PRId64 ".%03" PRId64 " seconds",
	    ms < 0 ? "-" : "+", s < 0 ? -s : s, rest < 0 ? -rest : rest);
}

static int prepare(
    sqlite3 *db, const char *sql, const char *runs, sqlite3_stmt **s)
{
	int rc = sqlite3_prepare_v2(db, sql, -1, s, NULL);

	return rc ? rc : store_bind(*s, 1, slice_of(runs));
}

int redate_list(
    sqlite3 *db, const char *runs, int64_t from, int64_t to, sqlite3_stmt **s)
{
	char span[SPAN];
	int rc = prepare(db,
	    "select i.value as run, count(capture_id) as captures, "
	    "min(" MOVED("fetched_at",
		"?2") ") as first, "
		      "min(" MOVED("fetched_at",
			  "?3") ") as first_moved, "
				"max(" MOVED("fetched_at",
				    "?2") ") as last, "
					  "max(" MOVED("fetched_at",
					      "?3") ") as last_moved "
						    "from json_each(?1) i left "
						    "join staging_raw s on "
						    "s.run_id = i.value "
						    "group by i.value order by "
						    "min(i.key)",
	    runs, s);

	if (rc != SQLITE_OK)
		return rc;
	span_text(from, span);
	rc = sqlite3_bind_text(*s, 2, span, -1, SQLITE_TRANSIENT);
	span_text(to, span);
	return rc ? rc : sqlite3_bind_text(*s, 3, span, -1, SQLITE_TRANSIENT);
}

int redate_unknown(sqlite3 *db, const char *runs, sqlite3_stmt **s)
{
	int rc = prepare(db,
	    "select value from json_each(?1) "
	    "where value not in (select run_id from ingest_runs) and not "
	    "exists "
	    "(select 1 from staging_raw where run_id = value)",
	    runs, s);

	return rc ? rc : sqlite3_step(*s);
}

/* What a time is moved to; one that is no time stays. */
#define MOVE(time) "coalesce(" MOVED(time, "?2") ", " time ")"

/*
 * In order: accounts are found by the start of the run. What a capture was
 * moved by in all is a member of it; without any, it is as it was.
 */
static const char *const moves[] = {
    "update accounts set last_updated = " MOVE(
	"last_updated") " where ?3 <> 0 "
			"and (account, last_updated) in (select account, "
			"started_at "
			"from ingest_runs where run_id " OF_RUNS ")",
    "update ingest_runs set started_at = " MOVE(
	"started_at") ", "
		      "ended_at = " MOVE(
			  "ended_at") " where ?3 <> 0 and run_id " OF_RUNS,
    "update ingest_errors set seen_at = " MOVE(
	"seen_at") " where ?3 <> 0 and run_id " OF_RUNS,
    "update staging_raw set fetched_at = " MOVE(
	"fetched_at") ", "
		      "extra_json = (select nullif(iif(json_extract(j, "
		      "'$.redated') = 0, "
		      "json_remove(j, '$.redated'), j), '{}') from (select "
		      "json_set(j, '$.redated', coalesce(json_extract(j, "
		      "'$.redated'), 0) + ?3) "
		      "as j from (select iif(json_type(j, '$.retry_at') = "
		      "'text', "
		      "json_set(j, '$.retry_at', " MOVE(
			  "json_extract(j, '$.retry_at')") "), j) "
							   "as j from (select "
							   "coalesce(extra_"
							   "json, '{}') as "
							   "j)))) "
							   "where ?3 <> 0 and "
							   "run_id " OF_RUNS};

/* Whether a capture would leave the years that can be written. */
static int check_range(sqlite3 *db, const char *runs, const char *span)
{
	sqlite3_stmt *s;
	int rc = prepare(db,
	    "select 1 from staging_raw where run_id " OF_RUNS
	    " and fetched_at is not null and coalesce(" MOVED(
		"fetched_at", "?2") ", '-') not glob '[0-9]*'",
	    runs, &s);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 2, span, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? SQLITE_RANGE : rc == SQLITE_DONE ? 0 : rc;
}

int redate_move(sqlite3 *db, const char *runs, int64_t by)
{
	char span[SPAN];
	int rc;

	span_text(by, span);
	rc = check_range(db, runs, span);
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves) && !rc; i++) {
		sqlite3_stmt *s;

		rc = prepare(db, moves[i], runs, &s);
		if (rc)
			break;
		sqlite3_bind_text(s, 2, span, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 3, by);
		rc = store_finish(s, sqlite3_step(s));
	}
	return rc;
}
