/*
 * Rows that wait to be written, copied into memory of the batch. Of rows that
 * are equal byte for byte one is stored, with their number and the first and
 * last of their times: merging needs no more. Equal ones are no longer looked
 * for in a table where they are rare, such as that of plays.
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
	/* Of its times, each with the smallest of its captures. */
	const struct batch_origin *first, *last;
	const struct batch_faults *faults; /* NULL for none */
	uint64_t rows;			   /* how many came like it */
	struct batch_row *next;		   /* the one that came after it */
};

/* When rows were observed, and in which capture, if that is known. */
struct batch_origin {
	struct slice at;
	struct source_name src; /* text.p == NULL if unknown */
	struct batch_origin *next;
};

/* The columns of a row that are left out, as in batch_add. */
struct batch_faults {
	struct slice reasons, place;
};

/* Sorts the rows of a table by key. */
struct sort_key {
	uint64_t prefix[2]; /* of the key, where keys begin to differ */
	const struct batch_row *row;
};

/* The rows of one table. */
struct batch_table {
	struct table *table;
	struct sort_key *rows;
	size_t count, room;
	size_t shared; /* with how many equal bytes all keys begin */
	size_t stale;  /* so many prefixes are of a time when it was more */
	size_t asked, found; /* how many rows came, and were repeats */
};

struct pending_error {
	struct dead_letter error;
	struct pending_error *next;
};

struct batch {
	struct arena arena;
	size_t count;		    /* of the rows that are stored */
	struct batch_table *tables; /* by their indexes; some may be empty */
	size_t table_count;
	uint64_t rows; /* that came, repeats too */
	struct list_record
	    *list_records; /* of lists, in the order of their coming */
	struct batch_origin *origins; /* not yet numbered, the last one first */
	struct pending_error *errors; /* not yet written */

	struct batch_row **indexed; /* private from here */
	size_t room;
	struct list_record **list_records_end;
	struct pending_error **errors_end;
	struct hash index; /* of `indexed`, by table, operation and object */
	struct buf key, place;
	struct slice at_as_written;	   /* of the last origin */
	const struct batch_origin *origin; /* the last, mostly the next, too */
	struct batch_row *added;	   /* the row that was added last */
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

/* Have the processor fetch a row from memory, while it does other work. */
static inline void batch_fetch(const struct batch_row *row)
{
	for (size_t i = 0; i < 384; i += 64)
		__builtin_prefetch((const char *)row + i);
}

/* Put the rows of a table into the order of their keys, until one is added. */
void batch_sort(struct batch_table *);

#endif
