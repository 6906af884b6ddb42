/*
 * staging_raw: every capture as it came, so that all tables can be made
 * again. Bodies are kept byte for byte; what a capture carries besides the
 * columns of the table is kept as JSON in extra_json.
 */
#ifndef SP_STORE_STAGING_H
#define SP_STORE_STAGING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "stream/record.h"

enum staging_result {
	STAGING_ADDED,
	STAGING_KNOWN, /* this very capture is there already */
	STAGING_BAD,   /* no capture that can be kept: see why */
	STAGING_FAILED /* the database failed: see store_failure */
};

struct staging {
	sqlite3 *db;
	sqlite3_stmt *insert;
	sqlite3_stmt *compare;
	struct buf scratch;
	struct buf extra;
};

/* Prepare; the connection is borrowed. Result codes are SQLite's. */
int staging_init(struct staging *, sqlite3 *db, size_t max_line);
void staging_release(struct staging *);

/*
 * Append a capture, inside the caller's transaction. For STAGING_BAD `*why`
 * is a constant string.
 */
enum staging_result staging_append(
    struct staging *, const struct record *capture, const char **why);

/* Which captures to give back; members that are NULL or 0 choose nothing. */
struct staging_filter {
	const char *run;
	const char *endpoint;
	const char *user;
	const char *since; /* fetched at this time or later, as written times */
	const char *until; /* fetched before it */
	bool refused;	   /* of which ingest_errors has an error to settle */
};

/*
 * Write the record of one capture, by its capture_id, into `line`, cleared
 * first. Result codes as of staging_walk_next.
 */
int staging_get(sqlite3 *, sqlite3_int64 id, struct buf *line);

/*
 * A walk through the captures chosen, in the order in which they came. It
 * reads in portions: no read transaction stays open in between, so that a
 * writer on the same file can checkpoint.
 */
struct staging_walk {
	sqlite3 *db;
	sqlite3_stmt *select;
	sqlite3_int64 last;  /* capture_id given last */
	sqlite3_int64 until; /* the newest there was at the start */
	bool names;
	int portion;   /* rows read of the statement's portion */
	int64_t total; /* captures chosen */
};

/* With `names` it gives "RUN/SEQ" of the captures instead of their records. */
int staging_walk_init(struct staging_walk *, sqlite3 *db,
    const struct staging_filter *, bool names);
void staging_walk_release(struct staging_walk *);

/*
 * Write the next capture's record, or name, into `line`, cleared first.
 * SQLITE_ROW, SQLITE_DONE, or an error's code; SQLITE_TOOBIG where `line` is
 * too small.
 */
int staging_walk_next(struct staging_walk *, struct buf *line);

#endif
