/*
 * Notes which part of the histories of streams and plays has changed, so that
 * it can be matched anew: in the transaction of the changes, so that a kill
 * forgets none. Each change notes the time in which it may change a match:
 *
 *	a play			its time
 *	a stream		its window, match_window
 *	the isrc of a track	the windows of the streams of the recording
 *	a name			those of the streams that are known by it alone
 *
 * Only streams have matches. While there are none, nothing is noted, and
 * nothing is looked up either.
 *
 * SQLite's result codes.
 */
#ifndef SP_MATCH_UNMATCHED_H
#define SP_MATCH_UNMATCHED_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/hash.h"
#include "db/query.h"
#include "match/spans.h"
#include "merge/apply.h"

struct unmatched {
	sqlite3 *db; /* borrowed */

	bool has_streams, has_named; /* private from here */
	struct spans spans;
	struct hash_set names;	   /* that were looked up in this transaction */
	const struct table *table; /* of the last change */
	int role;
	int columns[8]; /* those of its columns that matter */
	struct query isrc, title, artist, artist_name;
};

void unmatched_init(struct unmatched *, sqlite3 *);

/* Begin to note what the transaction changes that was begun. */
int unmatched_begin(struct unmatched *);

/* Note a change, once it was written; a failure is that of unmatched_end. */
void unmatched_change(struct unmatched *, const struct change *);

/* Write down what was noted, before the transaction is committed. */
int unmatched_end(struct unmatched *);

void unmatched_release(struct unmatched *);

/*
 * Note a time of a user, in Unix milliseconds, for changes that are made
 * otherwise, such as the deletion of plays and streams; inside their
 * transaction. What is deleted must lie in it with its window: to be sure, add
 * eight days before and one after. unmatched_all notes everything.
 */
int unmatched_note(sqlite3 *, struct slice user, int64_t from, int64_t to);
int unmatched_all(sqlite3 *);

/*
 * Drop the matches of streams that were deleted; inside the transaction that
 * deletes them, since their numbers may be given to others.
 */
int unmatched_drop_deleted(sqlite3 *);

#endif
