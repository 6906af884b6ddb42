/*
 * staging_raw: every capture as it came, so that all tables can be made
 * again. Bodies are kept in staging_bodies, each once, and come back byte for
 * byte; what a capture carries besides the columns of the table is kept as
 * JSON in extra_json. Times are kept in the form of base/clock.h, so that text
 * compares as time.
 */
#ifndef SP_STAGING_CAPTURES_H
#define SP_STAGING_CAPTURES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/slice.h"
#include "staging/bodies.h"
#include "stream/body.h"
#include "stream/record.h"

/*
 * SQL: the name of the list of tracks that a row of staging_raw is a page of,
 * if it is of any, and of the list that this one resumes; the mappings that
 * come with sp name them so.
 */
#define CAPTURE_LIST                                                        \
	"coalesce(run_id || '/' || json_extract(extra_json, '$.request'), " \
	"json_extract(extra_json, '$.list'), run_id || '/import')"
#define CAPTURE_FOLLOWS                                      \
	"case when run_id is not null and "                  \
	"json_extract(extra_json, '$.request') is not null " \
	"then json_extract(extra_json, '$.list') end"

enum capture_result {
	CAPTURE_READY, /* to be appended */
	CAPTURE_ADDED,
	CAPTURE_DUPLICATE,  /* this very capture is there already */
	CAPTURE_INVALID,    /* no capture that can be kept, or under the run and
			   seq    of another: see why */
	CAPTURE_UNREADABLE, /* it is there, but its body cannot be read: see why
			     */
	CAPTURE_FAILED	    /* the database failed: see db_failure */
};

/* The columns of staging_raw that a capture's members are kept in. */
enum capture_column {
	CAPTURE_RUN,
	CAPTURE_SEQ,
	CAPTURE_ENDPOINT,
	CAPTURE_USER,
	CAPTURE_URL,
	CAPTURE_STATUS,
	CAPTURE_FETCHED_AT,
	CAPTURE_BODY,
	CAPTURE_COLUMNS
};

struct capture_store {
	sqlite3 *db;
	sqlite3_stmt *insert;
	sqlite3_stmt *compare;
	struct bodies bodies;
	struct buf scratch;
	struct buf extra;

	/* The capture that is ready. */
	struct slice value[CAPTURE_COLUMNS];
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
int capture_store_init(struct capture_store *, sqlite3 *db, size_t max_line);
void capture_store_release(struct capture_store *);

/*
 * Read a capture, and make its body ready to be kept: what takes time and no
 * lock. CAPTURE_READY, CAPTURE_INVALID with the reason in `*why`, or
 * CAPTURE_FAILED. The record is borrowed until capture_store_append.
 */
enum capture_result capture_store_prepare(
    struct capture_store *, const struct record *capture, const char **why);

/*
 * Append the capture that is ready, inside the caller's transaction. Not
 * CAPTURE_READY; CAPTURE_INVALID and CAPTURE_UNREADABLE come with `*why`,
 * valid until the
 * next capture is prepared.
 */
enum capture_result capture_store_append(
    struct capture_store *, const char **why);

/* Which captures to give back; members that are NULL or 0 choose nothing. */
struct capture_filter {
	const char *run;
	const char *endpoint;
	const char *user;
	const char *since; /* fetched at this time or later, as written times */
	const char *until; /* fetched before it */
	bool refused;	   /* of which ingest_errors has an error to resolve */
};

/* What makes the record of a capture again. */
struct capture_reader {
	struct deflate deflate;
	struct buf text; /* scratch */

	/*
	 * Why the capture read last cannot be given back, a constant string,
	 * or NULL. The line then is its name, RUN/SEQ, or empty.
	 */
	const char *bad;
};

void capture_reader_init(struct capture_reader *);
void capture_reader_release(struct capture_reader *);

/*
 * Write the record of one capture, by its capture_id, into `line`, cleared
 * first. Result codes as of capture_walk_next.
 */
int capture_reader_read(
    struct capture_reader *, sqlite3 *, sqlite3_int64 id, struct buf *line);

/*
 * A walk through the captures chosen, in the order in which they came. It
 * reads in portions: no read transaction stays open in between, so that a
 * writer on the same file can checkpoint.
 */
struct capture_walk {
	sqlite3 *db;
	sqlite3_stmt *select;
	sqlite3_int64 last;  /* capture_id given last */
	sqlite3_int64 until; /* the newest there was at the start */
	bool names;
	int portion;   /* rows read of the statement's portion */
	int64_t total; /* captures chosen */
	struct capture_reader reader;
};

/*
 * Append the runs, as a JSON array of their ids, that have captures and did
 * not end well: what is deferred until its run commits came to nothing, and
 * comes to nothing
 * in a replay, whatever later runs did. SQLite's result code.
 */
int captures_uncommitted(sqlite3 *db, struct buf *array);

/* With `names` it gives "RUN/SEQ" of the captures instead of their records. */
int capture_walk_init(struct capture_walk *, sqlite3 *db,
    const struct capture_filter *, bool names);
void capture_walk_release(struct capture_walk *);

/*
 * Write the next capture's record, or name, into `line`, cleared first.
 * SQLITE_ROW, see `reader.bad` too, SQLITE_DONE, or an error's code;
 * SQLITE_TOOBIG where `line` is too small.
 */
int capture_walk_next(struct capture_walk *, struct buf *line);

#endif
