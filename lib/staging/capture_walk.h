/*
 * Stored captures as records again, to replay them: one, or all that a filter
 * selects.
 */
#ifndef SP_STAGING_CAPTURE_WALK_H
#define SP_STAGING_CAPTURE_WALK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/query.h"
#include "staging/deflate.h"

/* Which captures to read; NULL and false do not restrict them. */
struct capture_filter {
	const char *run;
	const char *endpoint;
	const char *user;
	const char *since; /* fetched at this time or later, as written times */
	const char *until; /* fetched before it */
	bool refused;	   /* with an error in ingest_errors to resolve */
};

/* Restores the record of a capture. */
struct capture_reader {
	struct deflate deflate;
	struct buf text; /* scratch */

	/*
	 * Why the body of the last capture is unreadable, a constant string,
	 * or NULL. The line then is its name, RUN/SEQ, or empty.
	 */
	const char *bad;
};

void capture_reader_init(struct capture_reader *);
void capture_reader_release(struct capture_reader *);

/*
 * Write the record of one capture into `line`, cleared first. Result codes as
 * of capture_walk_next.
 */
int capture_reader_read(
    struct capture_reader *, sqlite3 *, sqlite3_int64 id, struct buf *line);

/*
 * Walks through captures in the order in which they came, but those that come
 * after the start. It reads in portions: no read transaction stays open in
 * between, so that another program can checkpoint.
 */
struct capture_walk {
	struct query captures;
	sqlite3_int64 last; /* the capture_id read last */
	bool names;
	int portion;   /* rows read of the current portion */
	int64_t total; /* captures selected */
	struct capture_reader reader;
};

/*
 * Begin, to be released even after a failure; the connection and the filter's
 * strings are borrowed. With `names` the lines are the names RUN/SEQ instead of
 * records. Returns SQLite's result code.
 */
int capture_walk_init(struct capture_walk *, sqlite3 *db,
    const struct capture_filter *, bool names);
void capture_walk_release(struct capture_walk *);

/*
 * Write the next capture's record, or name, into `line`, cleared first.
 * SQLITE_ROW, see `reader.bad`, too; SQLITE_DONE; or the code of a failure,
 * SQLITE_TOOBIG where `line` is too small.
 */
int capture_walk_next(struct capture_walk *, struct buf *line);

/*
 * Append a JSON array of the runs that have captures and are not complete.
 * What was deferred until such a run commits came to nothing, and comes to
 * nothing in a replay, too. Returns SQLite's result code.
 */
int captures_put_uncommitted(sqlite3 *, struct buf *array);

#endif
