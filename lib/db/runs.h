/*
 * The run log: ingest_runs, ingest_errors and accounts. A run stands
 * as failed from its first record on, and until its end has come: whatever
 * kills the programs in between, the run log is right.
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
#include "base/slice.h"

struct record;

/*
 * SQL: whether a run `i` is on record as loaded to its end, whatever that was:
 * it was not cut, and its ledger balanced. (65 is the status if not.)
 */
#define RUNS_LOADED                                                     \
	"(i.status in ('complete', 'deferred') or (i.status = 'failed'" \
	" and i.ledger_json is not null and i.exit_status <> 65))"

/* SQL: the contrary, as the index ingest_runs_unloaded has it. */
#define RUNS_UNLOADED              \
	"i.status = 'failed' and " \
	"(i.ledger_json is null or i.exit_status = 65)"

/* SQL: whether a run `i` brought the captures of a run: it, or a replay. */
#define RUNS_DELIVERS(run) "(i.run_id = " run " or i.replay_of = " run ")"

/* What a `run` record says; p == NULL where it says nothing. */
struct run_record {
	struct slice id;
	struct slice job;
	struct slice account;
	struct slice user;
	struct slice client; /* the app's id */
	struct slice started_at;
	struct slice replay_of; /* the run whose captures it brings again */
	int64_t replay_until;	/* up to this capture_id */
	bool has_cursor;
	int64_t cursor; /* what the plan was based on */
};

/* What became of a run; p == NULL and false leave a column as it is. */
struct run_end {
	const char *status; /* "complete", "deferred" or "failed" */
	struct slice reason;
	struct slice ended_at;
	int exit_status; /* of sp(7) */
	bool has_counts; /* of requests and captures */
	uint64_t requests, captures;
	bool staged; /* they passed sp-stage */
	uint64_t rows, inserted, updated, unchanged, refused;
	bool has_cursor;
	int64_t cursor;	     /* its value now */
	struct slice gaps;   /* a JSON array */
	struct slice ledger; /* a JSON array */
};

/* A record that was refused, and by whom; p == NULL where it is unknown. */
struct dead_letter {
	struct slice run; /* p == NULL outside of runs */
	struct slice stage;
	struct slice src; /* the capture */
	struct slice
	    list; /* of a list of tracks that is incomplete, its name */
	struct slice
	    place; /* the part of the capture; without one, "stdin:42" */
	struct slice reason;
	struct slice record;
	struct slice seen_at;
	int64_t after; /* its error_id is to be greater, see db/resolutions.h */
};

/*
 * Read a `run` record. The slices live as long as the record and `scratch`,
 * which is appended to. False if it is none: `*reason` says why.
 */
bool runs_parse(const struct record *, struct buf *scratch, struct run_record *,
    const char **reason);

/*
 * Put a run on record, as failed so far, and that this process is at work on
 * it. Of one that is on record, nothing else changes. Remembers which user its
 * account is, and of which app; the newest run's word counts.
 */
int runs_open(sqlite3 *, const struct run_record *);

/*
 * Store the scopes of the login that a run was fetched with, with its account;
 * the newest run's word counts.
 */
int runs_set_scopes(sqlite3 *, struct slice run, struct slice scopes);

/*
 * Say how a run ended. A complete run that is loaded again stays complete
 * whatever comes of that. What is inserted and updated adds up.
 */
int runs_close(sqlite3 *, struct slice id, const struct run_end *);

/*
 * Whether as many captures of a run are staged, or they were when it was
 * loaded before: 1 or 0, or -1 on failure.
 */
int runs_is_staged(sqlite3 *, struct slice id, uint64_t captures);

/* Note on a run that was not loaded itself that a replay of it was. */
int runs_mark_replayed(sqlite3 *, struct slice id, struct slice replay);

/*
 * Store an error. It replaces the same one: of the same list; or at the same
 * place of the same capture, or else of the same run, for the same reason.
 */
int dead_letters_add(sqlite3 *, const struct dead_letter *);

#endif
