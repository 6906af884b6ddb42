/*
 * playlist_ingest_queue by hand, under the rule by which sp-load merges it:
 * an id is in the queue while it was wanted later than it was last done.
 */
#ifndef SP_PLAN_INGEST_QUEUE_H
#define SP_PLAN_INGEST_QUEUE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/slice.h"

/*
 * The playlist id in what people paste, see spotify/ref.h; p == NULL if there
 * is
 * none. The result is a part of the text.
 */
struct slice queue_playlist_id(struct slice text);

/* Put an id into the queue at a written time. SQLite's result code. */
int queue_add(sqlite3 *db, struct slice id, const char *at);

/* Take an id out; *was_there tells whether it waited. */
int queue_drop(sqlite3 *db, struct slice id, const char *at, bool *was_there);

#endif
