/*
 * Errors that leave ingest_errors. `sp-stage replay --refused` announces the
 * captures that it sends again, each by a row of ingest_errors with the op
 * "delete". Like every delete it waits for the good end of its run: then all
 * errors of the capture leave, but those that came since the announcement.
 * So what is refused again stays, whichever stage refuses it; and a capture
 * of which no row comes any more is told from one that was lost.
 *
 * What sp-stage and the stages before it refused never leaves so: it is not
 * what is staged under that name.
 *
 * Functions return SQLite's result codes and write as part of the
 * transaction that is open.
 */
#ifndef SP_DB_RESOLUTIONS_H
#define SP_DB_RESOLUTIONS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* SQL: whether an error `e` is of what is staged. */
#define RESOLUTIONS_STAGED                                             \
	"(e.list is null and e.stage not in ('sp-queue', 'sp-fetch', " \
	"'sp-stage'))"

struct resolutions {
	struct buf captures; /* names, each ended by a NUL */
	sqlite3_int64 known; /* the error that came last before them */
};

void resolutions_init(struct resolutions *);
void resolutions_release(struct resolutions *);
void resolutions_clear(struct resolutions *);

/*
 * Take in the `row` of an announcement. NULL, or why it cannot be used, a
 * constant string.
 */
const char *resolutions_add(
    struct resolutions *, sqlite3 *, struct slice object);

/* Delete the errors; adds to *captures how many captures had any. */
int resolutions_apply(
    const struct resolutions *, sqlite3 *, uint64_t *captures);

/* Delete the errors of lists that have no pages left in playlist_pages. */
int resolutions_apply_lists(sqlite3 *);

#endif
