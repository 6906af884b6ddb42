/*
 * staging_raw: every capture as it came, so that all tables can be made
 * again. Bodies are kept in staging_bodies, each once, and come back byte for
 * byte; what a capture carries besides the columns of the table is kept as
 * JSON in extra_json. Times are kept in the form of base/clock.h, so that text
 * compares as time.
 */
#ifndef SP_STORE_STAGING_H
#define SP_STORE_STAGING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/slice.h"
#include "store/bodies.h"
#include "stream/body.h"
#include "stream/record.h"

/*
 * SQL: the name of the list of tracks that a row of staging_raw is a page of,
 * if it is of any, and of the list that this one resumes; the mappings that
 * come with sp name them so.
 */
#define STAGING_LIST                                                        \
	"coalesce(run_id || '/' || json_extract(extra_json, '$.request'), " \
	"json_extract(extra_json, '$.list'), run_id || '/import')"
#define STAGING_FOLLOWS                                      \
	"case when run_id is not null and "                  \
	"json_extract(extra_json, '$.request') is not null " \
	"then json_extract(extra_json, '$.list') end"

enum staging_result {
	STAGING_READY, /* to be appended */
	STAGING_ADDED,
	STAGING_KNOWN, /* this very capture is there already */
	STAGING_BAD,   /* no capture that can be kept, or under the run and seq
			  of another: see why */
	STAGING_LOST,  /* it is there, but its body cannot be read: see why */
	STAGING_FAILED /* the database failed: see store_failure */
};

/* The columns of staging_raw that a capture's members are kept in. */
enum staging_column {
	STAGING_RUN,
	STAGING_SEQ,
	STAGING_ENDPOINT,
	STAGING_USER,
	STAGING_URL,
	STAGING_STATUS,
	STAGING_FETCHED_AT,
	STAGING_BODY,
	STAGING_COLUMNS
};

struct staging {
	sqlite3 *db;
	sqlite3_stmt *insert;
	sqlite3_stmt *compare;
	struct bodies bodies;
	struct buf scratch;
	struct buf extra;

	/* The capture that is ready. */
	struct slice value[STAGING_COLUMNS];
	int64_t seq, status; /* -1 where there is none */
	enum body_form form; /* of the body */
	bool has_time;	     /* it says when it was fetched */
	int64_t time;	     /* when it was, else when it was prepared */
	char time_text[CLOCK_TEXT];
	char reason[256]; /* private */

	/*
	 * Once it was added, or was known, and then with the time that is
	 * stored, unless it had one.
	 */
	sqlite3_int64 capture_id;
};

/* Prepare; the connection is borrowed. Result codes are SQLite's. */
int staging_init(struct staging *, sqlite3 *db, size_t max_line);
void staging_release(struct staging *);

/*
 * Read a capture, and make its body ready to be kept: what takes time and no
 * lock. STAGING_READY, STAGING_BAD with the reason in `*why`, or
 * STAGING_FAILED. The record is borrowed until staging_append.
 */
enum staging_result staging_prepare(
    struct staging *, const struct record *capture, const char **why);

/*
 * Append the capture that is ready, inside the caller's transaction. Not
 * STAGING_READY; STAGING_BAD and STAGING_LOST come with `*why`, valid until the
 * next capture is prepared.
 */
enum staging_result staging_append(struct staging *, const char **why);

/* Which captures to give back; members that are NULL or 0 choose nothing. */
struct staging_filter {
	const char *run;
	const char *endpoint;
	const char *user;
	const char *since; /* fetched at this time or later, as written times */
	const char *until; /* fetched before it */
	bool refused;	   /* of which ingest_errors has an error to settle */
};

/* What makes the record of a capture again. */
struct staging_reader {
	struct pack pack;
	struct buf text; /* scratch */

	/*
	 * Why the capture read last cannot be given back, a constant string,
	 * or NULL. The line then is its name, RUN/SEQ, or empty.
	 */
	const char *bad;
};

void staging_reader_init(struct staging_reader *);
void staging_reader_release(struct staging_reader *);

/*
 * Write the record of one capture, by its capture_id, into `line`, cleared
 * first. Result codes as of staging_walk_next.
 */
int staging_get(
    struct staging_reader *, sqlite3 *, sqlite3_int64 id, struct buf *line);

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
	struct staging_reader reader;
};

/*
 * Append the runs, as a JSON array of their ids, that have captures and did
 * not end well: what waits for a good end came to nothing, and comes to nothing
 * in a replay, whatever later runs did. SQLite's result code.
 */
int staging_uncommitted(sqlite3 *db, struct buf *array);

/* With `names` it gives "RUN/SEQ" of the captures instead of their records. */
int staging_walk_init(struct staging_walk *, sqlite3 *db,
    const struct staging_filter *, bool names);
void staging_walk_release(struct staging_walk *);

/*
 * Write the next capture's record, or name, into `line`, cleared first.
 * SQLITE_ROW, see `reader.bad` too, SQLITE_DONE, or an error's code;
 * SQLITE_TOOBIG where `line` is too small.
 */
int staging_walk_next(struct staging_walk *, struct buf *line);

#endif
