/*
 * Edits of playlist_ingest_queue by hand, under the rule by which sp-load
 * merges it: a playlist is in the queue while it was queued later than it last
 * left the queue. Times are written times. Functions return SQLite's result
 * codes.
 */
#ifndef SP_PLAN_INGEST_QUEUE_H
#define SP_PLAN_INGEST_QUEUE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/slice.h"

/*
 * The playlist id in what people paste, see spotify/ref.h, as a part of the
 * text; p == NULL if there is none.
 */
struct slice queue_playlist_id(struct slice text);

/* Put a playlist into the queue at a time. */
int queue_add(sqlite3 *, struct slice id, const char *at);

/* Remove a playlist from the queue; *was_queued says whether it was there. */
int queue_drop(sqlite3 *, struct slice id, const char *at, bool *was_queued);

#endif
