#include "db/runs.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/array.h"
#include "base/os.h"
#include "db/statements.h"
#include "stream/ledger.h"
#include "stream/outcome.h"
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

static int store_account(sqlite3 *db, const struct run_record *run)
{
	struct query q;

	query_prepare(&q, db, &sql_store_account);
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
		rc = store_account(db, run);
	return rc;
}

int runs_set_login(
    sqlite3 *db, struct slice id, struct slice scopes, struct slice ends)
{
	struct query q;

	query_prepare(&q, db, &sql_store_login);
	query_bind_text(&q, ":run", id);
	query_bind_text(&q, ":scopes", scopes);
	query_bind_text(&q, ":login_ends", ends);
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

/* A parsed end record. */
struct end_record {
	struct slice status, reason, until;
	int64_t exit_status; /* of sp(7), -1 if there is none */
};

/* A string member; p == NULL if there is none, or it is no string. */
static struct slice string(
    const struct record *end, const char *name, struct buf *text)
{
	struct slice value;

	if (!record_string(end, name, text, &value))
		value.p = NULL;
	return value;
}

static struct end_record read_end_record(
    const struct record *end, struct buf *text)
{
	struct end_record e = {.exit_status = -1};

	e.status = string(end, "status", text);
	e.reason = string(end, "reason", text);
	e.until = string(end, "until", text);
	if (!record_int(end, "exit", &e.exit_status))
		e.exit_status = -1;
	/* Any other status is none of sp(7). */
	if (e.exit_status != EX_REFUSED &&
	    (e.exit_status < EX__BASE || e.exit_status > EX__MAX))
		e.exit_status = -1;
	return e;
}

/* Whether a reason contains a time. */
static bool mentions(struct slice reason, struct slice time)
{
	for (; reason.n >= time.n && time.n > 0; reason = slice_from(reason, 1))
		if (slice_starts(reason, time))
			return true;
	return false;
}

static void put_reason(const struct end_record *e, struct buf *text)
{
	if (e->reason.p)
		buf_put_slice(text, e->reason);
	else
		buf_puts(text, "no reason was given");
	if (e->until.p && !(e->reason.p && mentions(e->reason, e->until))) {
		buf_puts(text, ", until ");
		buf_put_slice(text, e->until);
	}
}

void run_end_decide(struct run_end *end, const struct record *rec,
    struct slice ledger, struct buf *text)
{
	struct ledger_totals totals;
	struct end_record e;
	size_t from;
	bool balanced;

	/* Room for all, so that decoded slices stay where they are. */
	buf_reserve(text, text->max);
	e = read_end_record(rec, text);
	from = text->n;
	balanced = ledger_check(ledger, text, &totals);
	*end = (struct run_end){.status = "failed",
	    .exit_status = EX_DATAERR,
	    .ledger = ledger,
	    .has_counts = true,
	    .requests = totals.requests,
	    .captures = totals.captures,
	    .passed_stage = totals.staged,
	    .refused = totals.refused};
	if (balanced && slice_is(e.status, "complete")) {
		end->status = "complete";
		end->exit_status = e.exit_status > 0 ? (int)e.exit_status : 0;
		end->reason = e.reason;
		return;
	}
	if (balanced) {
		end->passed_on = e.exit_status > 0;
		if (slice_is(e.status, "deferred"))
			end->status = "deferred";
		end->exit_status = e.exit_status > EX_REFUSED
				       ? (int)e.exit_status
				       : EX_UNAVAILABLE;
		put_reason(&e, text);
	}
	end->reason = (struct slice){text->p + from, text->n - from};
}
