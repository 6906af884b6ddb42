#include "store/runs.h"

#include <unistd.h>

#include "base/os.h"
#include "store/db.h"
#include "store/refusals.h"
#include "stream/record.h"

/* Step a statement that gives no rows, and be done with it. */
static int finish(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s), end = sqlite3_finalize(s);

	return rc == SQLITE_DONE ? SQLITE_OK : end ? end : SQLITE_ERROR;
}

bool store_run_read(const struct record *rec, struct buf *scratch,
    struct store_run *run, const char **reason)
{
	const struct {
		const char *name;
		struct slice *to;
		const char *complaint;
	} texts[] = {{"run", &run->id, "'run' is not a string"},
	    {"job", &run->job, "'job' is not a string"},
	    {"account", &run->account, "'account' is not a string"},
	    {"user", &run->user, "'user' is not a string"},
	    {"client", &run->client, "'client' is not a string"},
	    {"started_at", &run->started_at, "'started_at' is not a string"},
	    {"replay_of", &run->replay_of, "'replay_of' is not a string"}};
	const struct member *cursor = record_get(rec, "cursor");

	*run = (struct store_run){.id = {NULL, 0}};
	/* Room for all, so that decoded slices stay where they are. */
	if (!buf_room(scratch, rec->line.n)) {
		*reason = "out of memory";
		return false;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!record_string(rec, texts[i].name, scratch, texts[i].to)) {
			*reason = texts[i].complaint;
			return false;
		}
	if (run->id.n == 0) {
		*reason = "'run' is missing";
		return false;
	}
	run->has_cursor = cursor && cursor->type != JSON_NULL;
	*reason = "'cursor' is not a whole number";
	if (!record_int(rec, "cursor", &run->cursor))
		return false;
	*reason = "'replay_until' is not a whole number";
	return record_int(rec, "replay_until", &run->replay_until);
}

/*
 * Remember which user an account is; the newest run's word counts, but not
 * that of one in the future.
 */
static int keep_account(sqlite3 *db, const struct store_run *run)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "insert into accounts (account, user_id, client_id, last_updated)"
	    " values (?, ?, ?, ?) on conflict (account) do update"
	    " set user_id = excluded.user_id,"
	    " client_id = coalesce(excluded.client_id, client_id),"
	    " scopes = case when user_id = excluded.user_id then scopes end,"
	    " last_updated = excluded.last_updated"
	    " where coalesce(excluded.last_updated, '')"
	    " > coalesce(last_updated, '')"
	    " or last_updated > strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, run->account);
	store_bind(s, 2, run->user);
	store_bind(s, 3, run->client);
	store_bind(s, 4, run->started_at);
	return finish(s);
}

int store_run_seen(sqlite3 *db, const struct store_run *run)
{
	char process[OS_PROCESS_TEXT];
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "insert into ingest_runs (run_id, job, account, user_id,"
	    " started_at, cursor_before, replay_of, replay_until, process,"
	    " status, reason)"
	    " values (?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, 'failed',"
	    " 'no end record yet: the run is in progress or was interrupted')"
	    " on conflict (run_id) do update set process = excluded.process"
	    " where status = 'failed'",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, run->id);
	store_bind(s, 2, run->job);
	store_bind(s, 3, run->account);
	store_bind(s, 4, run->user);
	store_bind(s, 5, run->started_at);
	if (run->has_cursor)
		sqlite3_bind_int64(s, 6, run->cursor);
	store_bind(s, 7, run->replay_of);
	sqlite3_bind_int64(s, 8, run->replay_until);
	if (os_process_name(getpid(), process))
		store_bind(s, 9, slice_of(process));
	rc = finish(s);
	if (rc == SQLITE_OK && run->account.p && run->user.p)
		rc = keep_account(db, run);
	return rc;
}

int store_run_scopes(sqlite3 *db, struct slice id, struct slice scopes)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "update accounts set scopes = ?2 from ingest_runs r"
	    " where r.run_id = ?1 and accounts.account = r.account"
	    " and accounts.user_id = r.user_id and (accounts.scopes is null"
	    " or coalesce(accounts.last_updated, '')"
	    " <= coalesce(r.started_at, ''))",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, id);
	store_bind(s, 2, scopes);
	return finish(s);
}

static void bind_count(sqlite3_stmt *s, int index, bool has, uint64_t n)
{
	if (has)
		sqlite3_bind_int64(s, index, (sqlite3_int64)n);
}

int store_run_end(sqlite3 *db, struct slice id, const struct store_run_end *end)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "update ingest_runs set process = null, status = ?2, reason = ?3,"
	    " ended_at = ?4, exit_status = ?5,"
	    " requests = coalesce(?6, requests),"
	    " captures = coalesce(?7, captures),"
	    " rows_read = ?8,"
	    " rows_inserted = coalesce(rows_inserted, 0) + ?9,"
	    " rows_updated = coalesce(rows_updated, 0) + ?10,"
	    " rows_unchanged = ?11, refused = ?12,"
	    " cursor_after = coalesce(?13, cursor_after),"
	    " gaps_json = coalesce(?14, gaps_json),"
	    " ledger_json = coalesce(?15, ledger_json)"
	    " where run_id = ?1"
	    " and (status <> 'complete' or ?2 = 'complete')",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, id);
	store_bind(s, 2, slice_of(end->status));
	store_bind(s, 3, end->reason);
	store_bind(s, 4, end->ended_at);
	sqlite3_bind_int(s, 5, end->exit_status);
	bind_count(s, 6, end->has_counts, end->requests);
	bind_count(s, 7, end->has_counts, end->captures);
	bind_count(s, 8, true, end->rows);
	bind_count(s, 9, true, end->inserted);
	bind_count(s, 10, true, end->updated);
	bind_count(s, 11, true, end->unchanged);
	bind_count(s, 12, true, end->refused);
	if (end->has_cursor)
		sqlite3_bind_int64(s, 13, end->cursor);
	store_bind(s, 14, end->gaps);
	store_bind(s, 15, end->ledger);
	return finish(s);
}

int store_run_is_staged(sqlite3 *db, struct slice id, uint64_t captures)
{
	sqlite3_stmt *s;
	int staged = -1;

	if (sqlite3_prepare_v2(db,
		"select (select count(*) from staging_raw where run_id = ?1)"
		" >= ?2 or exists (select 1 from ingest_runs where"
		" run_id = ?1 and"
		" instr(ledger_json, '\"stage\":\"sp-stage\"'))",
		-1, &s, NULL) != SQLITE_OK)
		return -1;
	store_bind(s, 1, id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)captures);
	if (sqlite3_step(s) == SQLITE_ROW)
		staged = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return staged;
}

int store_run_replayed(sqlite3 *db, struct slice id, struct slice replay)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "update ingest_runs as i set reason ="
	    " 'interrupted: its captures were loaded by run ' || ?2"
	    " where i.run_id = ?1 and " STORE_RUN_UNLOADED,
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, 1, id);
	store_bind(s, 2, replay);
	return finish(s);
}

#define SAME_REFUSAL                                       \
	" and stage = ?2 and place is ?4 and reason = ?5 " \
	"and record is ?6 and list is null and error_id < ?9"

static void bind_refusal(sqlite3_stmt *s, const struct store_refusal *r)
{
	store_bind(s, 1, r->run);
	store_bind(s, 2, r->stage);
	store_bind(s, 3, r->src);
	store_bind(s, 4, r->place);
	store_bind(s, 5, r->reason);
	store_bind(s, 6, r->record);
	store_bind(s, 7, r->seen_at);
	store_bind(s, 8, r->list);
}

/* Remove what a refusal that was just kept says again. */
static int forget_same(sqlite3 *db, const struct store_refusal *r)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    r->list.p
		? "delete from ingest_errors where list = ?8 and error_id < ?9"
	    : r->src.p ? "delete from ingest_errors where src = ?3" SAME_REFUSAL
		       : "delete from ingest_errors where src is null"
			 " and run_id is ?1" SAME_REFUSAL,
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	bind_refusal(s, r);
	sqlite3_bind_int64(s, 9, sqlite3_last_insert_rowid(db));
	return finish(s);
}

int store_refuse(sqlite3 *db, const struct store_refusal *r)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db,
	    "insert into ingest_errors (run_id, stage, src, place, reason,"
	    " record, seen_at, list, error_id, endpoint, user_id, subject)"
	    " select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1 + max(?9, (select"
	    " coalesce(max(error_id), 0) from ingest_errors)), s.endpoint,"
	    " s.user_id, " REFUSALS_SUBJECT(
		"s.url") " from (select 1)"
			 " left join staging_raw s on " REFUSALS_CAPTURE("?3"),
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	bind_refusal(s, r);
	/* SQLite uses the greatest number again once its row is deleted. */
	sqlite3_bind_int64(s, 9, r->after);
	rc = finish(s);
	return rc ? rc : forget_same(db, r);
}
