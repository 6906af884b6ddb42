/*
 * The items of lists in their positions: the rows of playlist_tracks. Each
 * change is told to the loader's on_change.
 *
 * Functions return SQLite's result codes and write as part of the transaction
 * that is open.
 */
#ifndef SP_STORE_LIST_ITEMS_H
#define SP_STORE_LIST_ITEMS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/arena.h"
#include "store/load.h"
#include "store/page.h"
#include "store/tables.h"

/* Where items go. */
struct list_place {
	struct slice playlist;
	int64_t position; /* of the next one */
	int64_t held;	  /* how many there are */
	struct slice src;
};

enum { LIST_ITEMS_STATEMENTS = 8 };

struct list_items {
	struct loader *loader; /* borrowed */
	struct table *table;   /* borrowed */

	sqlite3_stmt *statements[LIST_ITEMS_STATEMENTS]; /* private from here */
	unsigned columns[ITEM_COLUMNS], playlist, position; /* of the table */
	struct state before, after;
	struct arena arena;
	struct buf why; /* the last constraint that failed, in words */
};

/* A release is due whatever comes of it. */
int list_items_init(struct list_items *, struct loader *, struct table *);
void list_items_release(struct list_items *);

/* Of a dry run: have a playlist's items where they are changed. */
int list_items_copy(struct list_items *, struct slice playlist);

/* Find out how many items the place's playlist holds. */
int list_items_count(struct list_items *, struct list_place *);

/*
 * Compare so many items with those stored from the place on: below, above or
 * 0.
 */
int list_items_cmp(struct list_items *, const struct list_place *,
    struct slice items, int64_t count, int *cmp);

/* Put the items of a page into their positions, and the place behind them. */
int list_items_put(
    struct list_items *, struct list_place *, struct slice items);

/* Take away what stands from the place on. */
int list_items_cut(struct list_items *, const struct list_place *);

/* Tell that a page changed nothing. */
void list_items_same(struct list_items *, const struct part *);

#endif
