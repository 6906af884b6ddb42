#include "db/runs.h"

#include <unistd.h>

#include "base/array.h"
#include "base/os.h"
#include "db/statements.h"
#include "stream/record.h"

bool runs_parse(const struct record *rec, struct buf *scratch,
    struct run_record *run, const char **reason)
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

	*run = (struct run_record){.id = {NULL, 0}};
	/* Room for all, so that decoded slices stay where they are. */
	if (!buf_reserve(scratch, rec->line.n)) {
		*reason = "too long";
		return false;
	}
	for (size_t i = 0; i < COUNT_OF(texts); i++)
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

static int remember_account(sqlite3 *db, const struct run_record *run)
{
	struct query q;

	query_prepare(&q, db, &sql_remember_account);
	query_bind_text(&q, ":account", run->account);
	query_bind_text(&q, ":user", run->user);
	query_bind_text(&q, ":client", run->client);
	query_bind_text(&q, ":started_at", run->started_at);
	query_run(&q);
	return query_finish(&q);
}

int runs_open(sqlite3 *db, const struct run_record *run)
{
	char process[OS_PROCESS_TEXT];
	struct query q;
	int rc;

	query_prepare(&q, db, &sql_open_run);
	query_bind_text(&q, ":run", run->id);
	query_bind_text(&q, ":job", run->job);
	query_bind_text(&q, ":account", run->account);
	query_bind_text(&q, ":user", run->user);
	query_bind_text(&q, ":started_at", run->started_at);
	if (run->has_cursor)
		query_bind_int(&q, ":cursor", run->cursor);
	query_bind_text(&q, ":replay_of", run->replay_of);
	query_bind_int(&q, ":replay_until", run->replay_until);
	if (os_process_name(getpid(), process))
		query_bind_text(&q, ":process", slice_of(process));
	query_run(&q);
	rc = query_finish(&q);
	if (rc == SQLITE_OK && run->account.p && run->user.p)
		rc = remember_account(db, run);
	return rc;
}

int runs_set_scopes(sqlite3 *db, struct slice id, struct slice scopes)
{
	struct query q;

	query_prepare(&q, db, &sql_store_scopes);
	query_bind_text(&q, ":run", id);
	query_bind_text(&q, ":scopes", scopes);
	query_run(&q);
	return query_finish(&q);
}

int runs_close(sqlite3 *db, struct slice id, const struct run_end *end)
{
	struct query q;

	query_prepare(&q, db, &sql_close_run);
	query_bind_text(&q, ":run", id);
	query_bind_text(&q, ":status", slice_of(end->status));
	query_bind_text(&q, ":reason", end->reason);
	query_bind_text(&q, ":ended_at", end->ended_at);
	query_bind_int(&q, ":exit_status", end->exit_status);
	if (end->has_counts) {
		query_bind_int(&q, ":requests", (int64_t)end->requests);
		query_bind_int(&q, ":captures", (int64_t)end->captures);
	}
	query_bind_int(&q, ":rows", (int64_t)end->rows);
	query_bind_int(&q, ":inserted", (int64_t)end->inserted);
	query_bind_int(&q, ":updated", (int64_t)end->updated);
	query_bind_int(&q, ":unchanged", (int64_t)end->unchanged);
	query_bind_int(&q, ":refused", (int64_t)end->refused);
	if (end->has_cursor)
		query_bind_int(&q, ":cursor", end->cursor);
	query_bind_text(&q, ":gaps", end->gaps);
	query_bind_text(&q, ":ledger", end->ledger);
	query_run(&q);
	return query_finish(&q);
}

int runs_is_staged(sqlite3 *db, struct slice id, uint64_t captures)
{
	struct query q;
	int staged = -1;

	query_prepare(&q, db, &sql_is_run_staged);
	query_bind_text(&q, ":run", id);
	query_bind_int(&q, ":captures", (int64_t)captures);
	if (query_step(&q))
		staged = query_int(&q, 0) != 0;
	return query_finish(&q) == SQLITE_OK ? staged : -1;
}

int runs_mark_replayed(sqlite3 *db, struct slice id, struct slice replay)
{
	struct query q;

	query_prepare(&q, db, &sql_mark_replayed);
	query_bind_text(&q, ":run", id);
	query_bind_text(&q, ":replay", replay);
	query_run(&q);
	return query_finish(&q);
}

/* Remove what an error that was just inserted says again. */
static int delete_same(sqlite3 *db, const struct dead_letter *r)
{
	struct query q;

	if (r->list.p) {
		query_prepare(&q, db, &sql_delete_same_error_of_list);
		query_bind_text(&q, ":list", r->list);
	} else {
		query_prepare(&q, db,
		    r->src.p ? &sql_delete_same_error_of_capture
			     : &sql_delete_same_error_of_run);
		query_bind_text(
		    &q, r->src.p ? ":src" : ":run", r->src.p ? r->src : r->run);
		query_bind_text(&q, ":stage", r->stage);
		query_bind_text(&q, ":place", r->place);
		query_bind_text(&q, ":reason", r->reason);
		query_bind_text(&q, ":record", r->record);
	}
	query_bind_int(&q, ":error_id", sqlite3_last_insert_rowid(db));
	query_run(&q);
	return query_finish(&q);
}

int dead_letters_add(sqlite3 *db, const struct dead_letter *r)
{
	struct query q;
	int rc;

	query_prepare(&q, db, &sql_insert_error);
	query_bind_text(&q, ":run", r->run);
	query_bind_text(&q, ":stage", r->stage);
	query_bind_text(&q, ":src", r->src);
	query_bind_text(&q, ":place", r->place);
	query_bind_text(&q, ":reason", r->reason);
	query_bind_text(&q, ":record", r->record);
	query_bind_text(&q, ":seen_at", r->seen_at);
	query_bind_text(&q, ":list", r->list);
	query_bind_int(&q, ":after", r->after);
	query_run(&q);
	rc = query_finish(&q);
	return rc ? rc : delete_same(db, r);
}
