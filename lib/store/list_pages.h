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
	LIST_NOTHING, /* no page */
	LIST_COMPLETE,
	LIST_PARTIAL,	/* pages are missing */
	LIST_UNCHECKED, /* the check is */
	LIST_CHANGED	/* pages or check contradict each other */
};

/* What there is of a list. */
struct list_judged {
	enum list_verdict verdict;
	int64_t pages;
	int64_t came, total;   /* items */
	struct slice at;       /* the earliest of its parts'; until the next */
	struct slice snapshot; /* of its first page; p == NULL if untold */

	int64_t end; /* private: of the pages that follow each other from 0 */
	bool check, check_due, check_differs, differs;
};

enum { LIST_PAGES_STATEMENTS = 13 };

struct list_pages {
	sqlite3 *db; /* borrowed */
	bool dry;

	sqlite3_stmt *statements[LIST_PAGES_STATEMENTS]; /* private from here */
	struct buf at, check_at, snapshot;
	bool has_snapshot;
};

/* A release is due whatever comes of it. */
int list_pages_init(struct list_pages *, sqlite3 *, bool dry);
void list_pages_release(struct list_pages *);

/*
 * Of a dry run: have a playlist's pages where they are changed. `*first` says
 * whether they were not yet.
 */
int list_pages_copy(struct list_pages *, struct slice playlist, bool *first);

/* Keep a part; of the same page told twice the newer, then the greater. */
int list_pages_keep(struct list_pages *, const struct part *);

/* Find out what has come of a list. */
int list_pages_judge(struct list_pages *, struct slice playlist,
    struct slice list, struct list_judged *);

/*
 * A statement of a list's pages in order, offset and items, which is stepped
 * and reset by the caller.
 */
sqlite3_stmt *list_pages_read(
    struct list_pages *, struct slice playlist, struct slice list);

/* A list is older than the one held: nothing is wanted of it in this run. */
int list_pages_drop(
    struct list_pages *, struct slice playlist, struct slice list);
int list_pages_is_dropped(struct list_pages *, struct slice playlist,
    struct slice list, bool *dropped);

/* A list is held now: forget its pages, and those of older lists. */
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
