/*
 * List records: row records of playlist_tracks. One is a page of a playlist's
 * items, or the check that the playlist did not change while its pages were
 * fetched. Nothing here knows of SQLite.
 */
#ifndef SP_MERGE_LIST_RECORD_H
#define SP_MERGE_LIST_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "json/json.h"
#include "merge/value.h"
#include "merge/sources.h"

/* No list, or no text. */
#define LIST_NONE ((struct slice){NULL, 0})

enum list_op { LIST_OP_NONE, LIST_OP_PAGE, LIST_OP_CHECK };

struct list_record {
	enum list_op kind;
	struct slice at;
	const struct source_name *src; /* NULL if unknown */
	struct slice playlist;
	struct slice list;    /* which snapshot of it; the time by default */
	struct slice follows; /* the list that it resumes; p == NULL for none */
	struct slice snapshot; /* p == NULL if it has none */

	/* Of a page. */
	int64_t offset, total;
	int64_t count;	    /* of its items */
	bool check_due;	    /* the list wants a check */
	bool last, more;    /* whether another page follows; both false if
			       that is unknown */
	struct slice items; /* a JSON array, as written */
	struct list_record *next;
};

/* The source of a record. */
static inline int64_t list_record_source(const struct list_record *p)
{
	return p->src ? p->src->number : SOURCE_NONE;
}

/*
 * Read the `row` of a list record whose kind and time are set. What it holds
 * points into the text, or into the arena. False if it cannot be used: then
 * `why` gets the reason, for people.
 */
bool list_record_read(
    struct list_record *, struct slice object, struct arena *, struct buf *why);

enum item_column {
	ITEM_TRACK_ID,
	ITEM_URI,
	ITEM_ADDED_AT,
	ITEM_ADDED_BY,
	ITEM_KIND,
	ITEM_COLUMNS
};

/* The columns of playlist_tracks that an item has, by enum item_column. */
extern const char *const item_names[ITEM_COLUMNS];

struct list_item {
	struct value values[ITEM_COLUMNS]; /* NULL if it has none */
};

/* Start reading items; false where it is no array. */
bool items_init(struct json *, struct slice array);

/*
 * Read the next item. Its text points into the array, or into the arena. 1 for
 * an item, 0 at the end, -1 for anything else: then `why` says what is wrong.
 */
int items_next(
    struct json *, struct list_item *, struct arena *, struct buf *why);

/*
 * Compare two arrays of items, item by item and column by column; false if one
 * of them is no array of items.
 */
bool items_cmp(struct slice a, struct slice b, int *cmp);

#endif
