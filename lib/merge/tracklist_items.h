/*
 * The items of lists in their positions: the rows of playlist_tracks. Each
 * change is reported to the applier's on_change.
 *
 * Functions return SQLite's result codes and write as part of the transaction
 * that is open.
 */
#ifndef SP_MERGE_TRACKLIST_ITEMS_H
#define SP_MERGE_TRACKLIST_ITEMS_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "db/query.h"
#include "merge/apply.h"
#include "merge/list_record.h"
#include "merge/table.h"

/* Where items are written to. */
struct tracklist_position {
	struct slice playlist;
	int64_t position; /* of the next one */
	int64_t length;	  /* its items */
	const struct source_name *src;
};

enum { TRACKLIST_ITEMS_STATEMENTS = 8 };

struct tracklist_items {
	struct applier *applier; /* borrowed */
	struct table *table;	 /* borrowed */

	struct query
	    queries[TRACKLIST_ITEMS_STATEMENTS]; /* private from here */
	unsigned columns[ITEM_COLUMNS], playlist, position; /* of the table */
	struct stored_row before, after;
	struct arena arena;
	struct buf why; /* the last constraint that failed, in words */
};

/*
 * Give a connection the function items_cmp(a, b), which compares arrays of
 * items: <0, 0, >0; NULL if one of them is no array of items.
 */
int tracklist_items_add_function(sqlite3 *);

/* A release is due whatever comes of it. */
int tracklist_items_init(
    struct tracklist_items *, struct applier *, struct table *);
void tracklist_items_release(struct tracklist_items *);

/* In a dry run: copy a playlist's items to where they are changed. */
int tracklist_items_copy(struct tracklist_items *, struct slice playlist);

/* Count the stored items of the position's playlist. */
int tracklist_items_count(
    struct tracklist_items *, struct tracklist_position *);

/*
 * Compare `count` items with those stored from the position on: <0, 0, >0.
 */
int tracklist_items_cmp(struct tracklist_items *,
    const struct tracklist_position *, struct slice items, int64_t count,
    int *cmp);

/* Write the items of a page, and move the position behind them. */
int tracklist_items_put(
    struct tracklist_items *, struct tracklist_position *, struct slice items);

/* Delete the items from this position on. */
int tracklist_items_truncate(
    struct tracklist_items *, const struct tracklist_position *);

/* Report that a page changed nothing. */
void tracklist_items_unchanged(
    struct tracklist_items *, const struct list_record *);

#endif
