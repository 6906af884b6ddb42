/*
 * The run log: ingest_runs and accounts. A run is inserted with status
 * 'failed' and updated when its end record arrives, so a crash leaves the
 * right status.
 *
 * Functions return SQLite's result codes and write at once, or as part of
 * the transaction that is open.
 */
#ifndef SP_DB_RUNS_H
#define SP_DB_RUNS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/slice.h"

struct record;

/* A parsed run record; p == NULL for an absent member. */
struct run_record {
	struct slice id;
	struct slice job;
	struct slice account;
	struct slice user;
	struct slice client; /* the app's id */
	struct slice started_at;
	struct slice replay_of; /* the run whose captures it repeats */
	int64_t replay_until;	/* up to this capture_id */
	bool has_cursor;
	int64_t cursor; /* the high-water mark of its plan */
};

/* Longer than a run takes, in ms. */
#define RUN_LASTS CLOCK_HOUR

/* How a run ended; p == NULL and false leave a column as it is. */
struct run_end {
	const char *status; /* "complete", "deferred" or "failed" */
	struct slice reason;
	struct slice ended_at;
	int exit_status; /* of sp(7) */
	bool passed_on;	 /* the stream says that the run has not succeeded */
	bool has_counts; /* of requests and captures */
	uint64_t requests, captures;
	bool passed_stage; /* the ledger has an entry of sp-stage */
	uint64_t rows, inserted, updated, unchanged, refused;
	bool has_cursor;
	int64_t cursor;	     /* the job's high-water mark after the run */
	struct slice gaps;   /* a JSON array */
	struct slice ledger; /* a JSON array */
};

/*
 * Parse a run record. The slices live as long as the record and `scratch`,
 * which is appended to. False if it is invalid, with the reason.
 */
bool runs_parse(const struct record *, struct buf *scratch, struct run_record *,
    const char **reason);

/*
 * Insert a run as failed, with this process as the one that works on it. Of an
 * existing run only the process changes. Stores the user and the app of its
 * account, too; the newest run wins.
 */
int runs_open(sqlite3 *, const struct run_record *);

/*
 * Store the scopes of a run's login, and when it ends, with its account; the
 * newest run wins. What is NULL is not changed.
 */
int runs_set_login(
    sqlite3 *, struct slice run, struct slice scopes, struct slice ends);

/*
 * Decide how a run ended, from its end record, and from its ledger with the
 * entry of the last stage: a run that lost records has failed. Sets the status,
 * the exit status, the reason, the ledger and its counts, and clears the rest.
 * Slices live as long as the arguments and `text`, which is appended to.
 */
void run_end_decide(struct run_end *, const struct record *end,
    struct slice ledger, struct buf *text);

/*
 * Store how a run ended. A complete run that is loaded again stays complete.
 * The counts of inserted and updated rows add up.
 */
int runs_close(sqlite3 *, struct slice id, const struct run_end *);

/*
 * Whether so many captures of a run are staged, or were when it was loaded
 * before: 1 or 0, or -1 on failure.
 */
int runs_is_staged(sqlite3 *, struct slice id, uint64_t captures);

/* Record on a run that was not loaded that a replay of it was. */
int runs_mark_replayed(sqlite3 *, struct slice id, struct slice replay);

#endif
