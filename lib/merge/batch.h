/*
 * Rows that wait to be written, copied into memory of the batch. Of rows that
 * are equal byte for byte one is stored, with their number and the first and
 * last of their times: merging needs no more.
 */
#ifndef SP_MERGE_BATCH_H
#define SP_MERGE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "db/dead_letters.h"
#include "merge/list_record.h"
#include "merge/observation.h"
#include "merge/table.h"
#include "merge/sources.h"

struct batch_row {
	struct table *table;
	struct slice object; /* the row as written */
	struct observation obs;
	struct slice key;
	struct slice first_at, last_at;
	/* The smallest of the captures of these times; NULL for none. */
	const struct source_name *first_src, *last_src;
	struct slice faults, place; /* of columns left out, as in batch_add */
	uint64_t rows;		    /* how many came like it */
};

/* Sorts the rows of a batch by table, then by key. */
struct sort_key {
	uint64_t prefix; /* of the key, where keys begin to differ */
	const struct batch_row *row;
};

/* A capture that rows of the batch name. */
struct batch_source {
	struct source_name name;
	struct batch_source *next;
};

struct pending_error {
	struct dead_letter error;
	struct pending_error *next;
};

struct batch {
	struct arena arena;
	struct batch_row *distinct;
	size_t count;
	uint64_t rows; /* that came, repeats too */
	struct list_record
	    *list_records; /* of lists, in the order of their coming */
	struct batch_source *sources; /* not yet numbered */
	struct pending_error *errors; /* not yet written */

	size_t room; /* private from here */
	struct list_record **list_records_end;
	struct pending_error **errors_end;
	struct sort_key *order;
	size_t order_room;
	struct hash index; /* of entries, by table, operation and object */
	struct buf key, place;
	struct slice at_as_written,
	    at; /* the last ones, which the next may share */
	const struct source_name *src;
	size_t added; /* the row that was added last */
};

void batch_init(struct batch *);
void batch_release(struct batch *);

/* Clear all rows, but keep the memory. */
void batch_clear(struct batch *);

/* Whether nothing waits to be written. */
bool batch_is_empty(const struct batch *);

/* Bytes in use. */
size_t batch_size(const struct batch *);

/* A row record. */
struct row_record {
	struct slice object;
	struct slice at;      /* a time of any form */
	struct slice src;     /* p == NULL if unknown */
	struct slice user;    /* of --user, p == NULL for none */
	bool is_unread;	      /* `object` may be any text */
	bool removes;	      /* op "delete" */
	enum list_op list_op; /* op "page" or "check" */
};

/*
 * Add a row; everything is copied but `user`. `why`, which is empty, gets the
 * reasons of columns that are left out, each ended by a newline, and
 * batch_place names the row. False if the row cannot be loaded: then the last
 * reason says why. One that is unread is added only if all of it can be loaded.
 */
bool batch_add(
    struct batch *, struct table *, const struct row_record *, struct buf *why);

/*
 * The row that batch_add added last, or the equal one before it. It stays valid
 * until the next is added. Pages of lists are no such rows.
 */
const struct observation *batch_added(const struct batch *);

/* Name the last row that had reasons; p == NULL if that is unknown. */
struct slice batch_place(const struct batch *);

/* Store an error to be written with the rows. */
void batch_add_error(struct batch *, const struct dead_letter *);

/*
 * The entries in the order of tables and keys; valid until the batch is
 * written to.
 */
const struct sort_key *batch_sort(struct batch *);

#endif
