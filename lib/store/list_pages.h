/*
 * Pages that wait for the rest of their list, in playlist_pages, and which
 * lists came in the run at hand.
 *
 * Functions return SQLite's result codes and write as part of the transaction
 * that is open.
 */
#ifndef SP_STORE_LIST_PAGES_H
#define SP_STORE_LIST_PAGES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/page.h"

enum list_verdict {
	LIST_NOTHING, /* its first page is not here */
	LIST_COMPLETE,
	LIST_PARTIAL,	/* pages are missing */
	LIST_UNCHECKED, /* whole, but the check is missing */
	LIST_UNPROVEN,	/* whole, but its total or snapshot changed */
	LIST_CHANGED	/* pages contradict each other */
};

/* What there is of a list, with the pages of those that it follows. */
struct list_judged {
	enum list_verdict verdict;
	int64_t came, total; /* items */
	/* Texts of the first page; the time is the earliest of its parts'. */
	struct buf at, snapshot, first;
	bool has_snapshot;

	int64_t end; /* private: of the pages that follow each other from 0 */
	int64_t least, most; /* of the totals of its pages */
	bool ended, check, check_due, check_differs, differs;
	struct buf check_at, check_snapshot;
};

void list_judged_init(struct list_judged *);
void list_judged_release(struct list_judged *);

/* Whether all pages have come, so that another such list can confirm it. */
bool list_is_whole(const struct list_judged *);

enum { LIST_PAGES_STATEMENTS = 15 };

struct list_pages {
	sqlite3 *db; /* borrowed */
	bool dry;

	sqlite3_stmt *statements[LIST_PAGES_STATEMENTS]; /* private */
};

/* A release is due whatever comes of it. */
int list_pages_init(struct list_pages *, sqlite3 *, bool dry);
void list_pages_release(struct list_pages *);

/*
 * Of a dry run: have a playlist's pages where they are changed. `*first` says
 * whether they were not yet.
 */
int list_pages_copy(struct list_pages *, struct slice playlist, bool *first);

/*
 * Store a part; of two that differ under one key the greater one, whole.
 * `*changed` says whether that is another one than before.
 */
int list_pages_keep(struct list_pages *, const struct part *, bool *changed);

/* Find out what has come of a list. */
int list_pages_judge(struct list_pages *, struct slice playlist,
    struct slice list, struct list_judged *);

/*
 * A statement of a list and of those that follow it, the greatest name first;
 * of all other lists of a playlist; and of a list's pages in order, their
 * items. Each is stepped and reset by the caller.
 */
sqlite3_stmt *list_pages_followers(
    struct list_pages *, struct slice playlist, struct slice list);
sqlite3_stmt *list_pages_others(
    struct list_pages *, struct slice playlist, struct slice list);
sqlite3_stmt *list_pages_read(
    struct list_pages *, struct slice playlist, struct slice list);

/* Whether two lists have the same items; with LIST_NONE, one and the stored. */
int list_pages_agree(struct list_pages *, struct slice playlist,
    struct slice list, struct slice other, bool *agree);

/* A list is older than the one stored: forget its pages. */
int list_pages_drop(
    struct list_pages *, struct slice playlist, struct slice list);

/* A list is stored now: forget its pages, and those of older lists. */
int list_pages_done(struct list_pages *, struct slice playlist,
    struct slice list, struct slice at);

/*
 * A statement of the lists, playlist and list, that came since
 * list_pages_forget and wait; stepped and reset by the caller.
 */
sqlite3_stmt *list_pages_waiting(struct list_pages *);

/* Forget which lists came; their pages stay. */
int list_pages_forget(struct list_pages *);

#endif
