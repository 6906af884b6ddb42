/*
 * The tracks of a playlist are one value: a list, which comes in pages. Pages
 * wait in playlist_pages until their list is complete. It then becomes current,
 * in playlist_tracks, if it is newer than the one there, and the playlist
 * leaves the queue.
 *
 *	a list		the pages and the check of one name ("RUN/REQUEST"),
 *			and those of the list that it follows, if it resumes
 *			one; its time is the earliest of its pages', and of the
 *			check's if one is due
 *	whole		the pages follow each other from 0 to the last one
 *	complete	whole, and every page's total is its length; the
 *			check, if the first page wants one or the list was
 *			resumed, came and has the first page's snapshot
 *	confirmed	whole, but not complete, and another such list, fetched
 *			independently from its first page on, has the same
 *			items: then the older one of each such pair counts as
 *			complete
 *	newer		the later time; at one time the greater name: see
 *			tracks_updated and tracks_list of playlists
 *
 * So in any order the greatest complete list becomes current, and the pages of
 * older ones are dropped. Its own are, too, if it is complete by itself and
 * resumes none: a list that is confirmed may be resumed, or checked, later.
 *
 * Each page is of one list: two requests that resume the same list make two
 * lists. A list that is complete by itself is not resumed. Two mappings may
 * give two pages of one capture the same key: then the greater one wins, whole.
 * Of two lists of one name and time, each in one page, the longer one wins.
 *
 * Functions return SQLite's result codes and write as part of the transaction
 * that is open.
 */
#ifndef SP_MERGE_TRACKLIST_H
#define SP_MERGE_TRACKLIST_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"
#include "merge/apply.h"
#include "merge/batch.h"
#include "merge/table.h"
#include "merge/tracklist_history.h"
#include "merge/tracklist_items.h"
#include "merge/tracklist_pages.h"
#include "merge/tracklist_sources.h"

struct tracklists {
	struct applier
	    *applier; /* borrowed; its on_change is called for every change */
	struct tables *tables; /* borrowed */
	bool incomplete; /* a record was stored since tracklists_clear_seen */

	bool ready; /* private from here: what follows is set up */
	struct tracklist_items items;
	struct tracklist_pages pages;
	struct tracklist_history history;
	struct table *playlists, *queue;
	struct buf playlist, current_at, current_list; /* looked up last */
	struct buf current_snapshot, current_sources;
	bool has_snapshot, known;
	struct list_status status, other;
	struct buf name, name_at;
	struct buf why;
};

void tracklists_init(struct tracklists *, struct applier *, struct tables *);
void tracklists_release(struct tracklists *);

/* Apply the list records of a batch whose rows have been written. */
int tracklists_apply(struct tracklists *, const struct batch *);

/*
 * Report each list, of those that came since tracklists_clear_seen, that is
 * incomplete, unless the current list is as new or has the same items.
 */
int tracklists_report_incomplete(struct tracklists *,
    void (*report)(void *ctx, struct slice playlist, struct slice list,
	const char *reason),
    void *ctx);

/* Clear the set of lists that came; their pages stay. */
int tracklists_clear_seen(struct tracklists *);

#endif
