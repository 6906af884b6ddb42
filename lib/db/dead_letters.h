/*
 * Dead letters: what was refused, in ingest_errors, until it is resolved.
 *
 * Functions return SQLite's result codes and write as part of the
 * transaction that is open.
 */
#ifndef SP_DB_DEAD_LETTERS_H
#define SP_DB_DEAD_LETTERS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* What was refused, and by whom; p == NULL where it is unknown. */
struct dead_letter {
	struct slice run; /* p == NULL outside of runs */
	struct slice stage;
	struct slice src;   /* the capture, RUN/SEQ */
	struct slice list;  /* the incomplete list of tracks */
	struct slice place; /* of it in the capture, or such as "stdin:42" */
	struct slice reason;
	struct slice record;
	struct slice seen_at;
	int64_t after; /* its error_id is greater, see resolutions_add */
};

/*
 * Store a dead letter. It replaces an earlier one of the same list; or of the
 * same reason and place in the same capture, or else in the same run.
 */
int dead_letters_add(sqlite3 *, const struct dead_letter *);

/*
 * Whether an error of a staged capture is known: another capture of the same
 * endpoint, user and subject had the same part refused for the same reason.
 * Known errors are stored and counted like others, and reported once.
 */
int dead_letters_is_known(sqlite3 *, struct slice src, struct slice place,
    struct slice reason, bool *known);

/*
 * Append the member `known` of a run record: the newest errors of the user's
 * captures, as many as fit in a line; nothing if there are none. If the buf
 * is full, it has failed.
 */
int dead_letters_put_known(sqlite3 *, struct slice user, struct buf *record);

/*
 * Errors to resolve. `sp-stage replay --refused` announces the captures that
 * it sends again, each by a row of ingest_errors with the op "delete". Like
 * every delete it is deferred until its run commits. Then all errors of the
 * capture are deleted but those added since the announcement: what is refused
 * again remains, whichever stage refuses it, and a capture without any rows
 * is not mistaken for a lost one.
 *
 * Errors of sp-stage and the stages before it remain: what they refused is not
 * what is staged under that name.
 */
struct resolutions {
	struct buf captures;  /* their names, each ended by a NUL */
	sqlite3_int64 latest; /* the last error_id before the announcement */
};

void resolutions_init(struct resolutions *);
void resolutions_release(struct resolutions *);
void resolutions_clear(struct resolutions *);

/*
 * Add the `row` of an announcement. NULL, or why it is invalid, a constant
 * string. `latest` is -1 if the database failed.
 */
const char *resolutions_add(
    struct resolutions *, sqlite3 *, struct slice object);

/* Delete the errors; adds to *captures how many captures had any. */
int resolutions_apply(
    const struct resolutions *, sqlite3 *, uint64_t *captures);

/*
 * Delete the errors of requests that earlier runs of a complete run's job did
 * not send.
 */
int dead_letters_delete_unsent(sqlite3 *, struct slice run);

/* Delete the errors of lists that have no pages left in playlist_pages. */
int resolutions_apply_lists(sqlite3 *);

#endif
