/*
 * What was in playlists, and when: the rows of playlist_item_history, out of
 * the pages of lists as they come. An item of a page was in its playlist at the
 * time of that page, whatever becomes of the list: so these rows depend neither
 * on the order of pages nor on which list is current.
 *
 * Functions return SQLite's result codes and write as part of the transaction
 * that is open.
 */
#ifndef SP_MERGE_TRACKLIST_HISTORY_H
#define SP_MERGE_TRACKLIST_HISTORY_H

#include "base/arena.h"
#include "base/buf.h"
#include "merge/apply.h"
#include "merge/list_record.h"
#include "merge/table.h"

/* The added_at of an item without one; the API gives it for old items, too. */
#define TRACKLIST_ADDED_UNKNOWN "1970-01-01T00:00:00.000Z"

enum history_column {
	HISTORY_PLAYLIST,
	HISTORY_URI,
	HISTORY_ADDED_AT,
	HISTORY_ADDED_BY,
	HISTORY_FIRST_SEEN,
	HISTORY_LAST_SEEN,
	HISTORY_COLUMNS
};

struct tracklist_history {
	struct applier *applier; /* borrowed */

	struct table *table; /* private from here; borrowed */
	unsigned columns[HISTORY_COLUMNS];
	struct arena arena;
	struct buf uri, why;
};

/* A release is due whatever comes of it. */
int tracklist_history_init(
    struct tracklist_history *, struct applier *, struct tables *);
void tracklist_history_release(struct tracklist_history *);

/* Write when the items of a page were seen. A check of a list has none. */
int tracklist_history_observe(
    struct tracklist_history *, const struct list_record *);

#endif
