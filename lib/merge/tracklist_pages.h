/*
 * Pages that wait for the rest of their list, in playlist_pages, and the set
 * of lists that came in the run at hand.
 *
 * Functions return SQLite's result codes and write as part of the transaction
 * that is open.
 */
#ifndef SP_MERGE_TRACKLIST_PAGES_H
#define SP_MERGE_TRACKLIST_PAGES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/query.h"
#include "merge/list_record.h"
#include "merge/sources.h"

enum list_state {
	LIST_NO_FIRST_PAGE, /* its first page is not here */
	LIST_COMPLETE,
	LIST_PARTIAL,	/* pages are missing */
	LIST_UNCHECKED, /* whole, but the check is missing */
	LIST_UNPROVEN,	/* whole, but its total or snapshot changed */
	LIST_CHANGED	/* pages contradict each other */
};

/* What has come of a list, with the pages of those that it follows. */
struct list_status {
	enum list_state state;
	int64_t came, total; /* items */
	/* Texts of the first page; the time is the earliest of its parts'. */
	struct buf at, snapshot, first;
	bool has_snapshot;

	int64_t end; /* private: of the pages that follow each other from 0 */
	int64_t least, most; /* of the totals of its pages */
	bool ended, check, check_due, check_differs, differs;
	struct buf check_at, check_snapshot;
};

void list_status_init(struct list_status *);
void list_status_release(struct list_status *);

/* Whether all pages have come, so that another such list can confirm it. */
bool list_status_is_whole(const struct list_status *);

enum { TRACKLIST_PAGES_STATEMENTS = 18 };

struct tracklist_pages {
	sqlite3 *db;		 /* borrowed */
	struct sources *sources; /* borrowed */
	bool dry;

	struct query queries[TRACKLIST_PAGES_STATEMENTS]; /* private */
};

/* A release is due whatever comes of it. */
int tracklist_pages_init(
    struct tracklist_pages *, sqlite3 *, struct sources *, bool dry);
void tracklist_pages_release(struct tracklist_pages *);

/*
 * In a dry run: copy a playlist's pages to where they are changed. `*first`
 * says whether this is the first call for it.
 */
int tracklist_pages_copy(
    struct tracklist_pages *, struct slice playlist, bool *first);

/*
 * Store a list record; of two that differ under one key the greater one, whole.
 * `*changed` says whether the stored one changed. One with the same items of
 * another capture may change the source alone.
 */
int tracklist_pages_store(
    struct tracklist_pages *, const struct list_record *, bool *changed);

/* Find out what has come of a list. */
int tracklist_pages_assess(struct tracklist_pages *, struct slice playlist,
    struct slice list, struct list_status *);

/*
 * Queries that the caller steps, and ends with query_end_run. They give the
 * lists that follow one, the greatest name first; all other lists of a
 * playlist; a list's pages in order: items, position and source; and the
 * sources of the first pages of a time.
 */
struct query *tracklist_pages_followers(
    struct tracklist_pages *, struct slice playlist, struct slice list);
struct query *tracklist_pages_others(
    struct tracklist_pages *, struct slice playlist, struct slice list);
struct query *tracklist_pages_read(
    struct tracklist_pages *, struct slice playlist, struct slice list);
struct query *tracklist_pages_first(
    struct tracklist_pages *, struct slice playlist, struct slice at);

/* Whether two lists have the same items; with LIST_NONE, one and the stored. */
int tracklist_pages_agree(struct tracklist_pages *, struct slice playlist,
    struct slice list, struct slice other, bool *agree);

/* Delete the pages of a list that is older than the stored one. */
int tracklist_pages_drop(
    struct tracklist_pages *, struct slice playlist, struct slice list);

/*
 * Delete the pages of lists that are older than the stored one, and those of a
 * list, unless it is LIST_NONE.
 */
int tracklist_pages_drop_older(struct tracklist_pages *, struct slice playlist,
    struct slice list, struct slice at);

/*
 * A query of the lists, playlist and list, that came since
 * tracklist_pages_clear_seen and wait; stepped and ended by the caller.
 */
struct query *tracklist_pages_incomplete(struct tracklist_pages *);

/* Clear the set of lists that came; their pages stay. */
int tracklist_pages_clear_seen(struct tracklist_pages *);

#endif
