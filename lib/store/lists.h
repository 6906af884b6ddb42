/*
 * The tracks of a playlist are one value: a list, which comes in pages. They
 * wait in playlist_pages until the list is complete; then it takes the place
 * of the one that playlist_tracks holds, if it is newer, and the playlist
 * leaves the queue.
 *
 *	a list		the pages and the check of one name ("RUN/REQUEST"),
 *			and those of the list that it follows, if it resumes
 *			one; its time is the earliest of its pages', and of the
 *			check's if one is due
 *	whole		the pages follow each other from 0 to the last one
 *	complete	whole, and all pages tell its length as their total;
 *			the check, if the first page wants one or the list was
 *			resumed, came and tells the first page's snapshot
 *	confirmed	whole, but not complete, and another such list, read
 *			by itself from its first page on, has the same items:
 *			then the older one of the two counts as complete
 *	newer		the later time, at one time the greater name: see
 *			tracks_updated and tracks_list of playlists
 *
 * So whatever the order, the greatest complete list is held in the end, and
 * what is older than it is of no use any more. Each page is of one list: two
 * requests that resume the same one make two lists. Of two pages under one
 * key, as two mappings tell of one capture, the greater one stands, whole.
 * Of two lists of one name and time, each in one page, the longer one does.
 *
 * Functions return SQLite's result codes and write as part of the transaction
 * that is open.
 */
#ifndef SP_STORE_LISTS_H
#define SP_STORE_LISTS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"
#include "store/batch.h"
#include "store/list_items.h"
#include "store/list_pages.h"
#include "store/load.h"
#include "store/tables.h"

struct lists {
	struct loader *loader; /* borrowed; told of every change */
	struct tables *tables; /* borrowed */
	bool waiting;	       /* a part was kept since lists_forget */

	bool ready; /* private from here: what follows is set up */
	struct list_items items;
	struct list_pages pages;
	struct table *playlists, *queue;
	struct buf playlist, held_at, held_list; /* looked up last */
	struct buf held_snapshot;
	bool known;
	struct list_judged judged, other;
	struct buf name;
	struct buf why;
};

void lists_init(struct lists *, struct loader *, struct tables *);
void lists_release(struct lists *);

/* Take in the parts of a batch whose rows have been written. */
int lists_apply(struct lists *, const struct batch *);

/*
 * Tell of each list, of those that came since lists_forget, that waits for
 * more, unless a list that is as new or has the same items is held.
 */
int lists_incomplete(struct lists *,
    void (*tell)(void *ctx, struct slice playlist, struct slice list,
	const char *reason),
    void *ctx);

/* Forget which lists came; their pages stay. */
int lists_forget(struct lists *);

#endif
