/*
 * Rows that wait to be written, in memory of their own. Rows that come again
 * byte for byte take none: they are counted, and the first and last of their
 * times kept, which is all that merging asks for.
 */
#ifndef SP_STORE_BATCH_H
#define SP_STORE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "store/arena.h"
#include "store/merge.h"
#include "store/page.h"
#include "store/runs.h"
#include "store/tables.h"

struct entry {
	struct table *table;
	struct slice object; /* the row as written */
	struct told told;
	struct slice key;
	struct slice first_at, last_at;
	struct slice src;	    /* of the newest; p == NULL if unknown */
	struct slice faults, place; /* of columns left out, as in batch_add */
	uint64_t rows;		    /* how many it stands for */
};

/* An entry in its place among the others: by table, then by key. */
struct ordered {
	uint64_t prefix; /* of the key, where keys begin to differ */
	const struct entry *entry;
};

struct noted {
	struct store_refusal refusal;
	struct noted *next;
};

struct batch {
	struct arena arena;
	struct entry *entries;
	size_t count;
	uint64_t rows;		/* that came, repeats too */
	struct part *parts;	/* of lists, in the order of their coming */
	struct noted *refusals; /* the same */

	size_t room; /* private from here */
	struct part **parts_end;
	struct noted **refusals_end;
	struct ordered *order;
	size_t order_room;
	struct hash index; /* of entries, by table, operation and object */
	struct buf key, place;
	struct slice at_given, at; /* the last ones, which the next may share */
	struct slice src;
};

void batch_init(struct batch *);
void batch_release(struct batch *);

/* Forget all rows, keep the memory. */
void batch_clear(struct batch *);

/* Whether nothing waits to be written. */
bool batch_is_empty(const struct batch *);

/* Bytes in use. */
size_t batch_size(const struct batch *);

/* What a row record says. */
struct arrival {
	struct slice object;
	struct slice at;     /* a time of any form */
	struct slice src;    /* p == NULL if unknown */
	struct slice user;   /* of --user, p == NULL for none */
	bool removes;	     /* op "delete" */
	enum part_kind part; /* op "page" or "check" */
};

/*
 * Take a row in; all is copied but `user`. `why`, which is empty, gets the
 * reasons of columns that cannot be taken, each ended by a newline, and
 * batch_place says which row it is. False if the row cannot be loaded: then
 * the last reason says so.
 */
bool batch_add(
    struct batch *, struct table *, const struct arrival *, struct buf *why);

/* Which row the last one was that had reasons; p == NULL if that is unknown. */
struct slice batch_place(const struct batch *);

/* Keep a refusal to be written with the rows. */
void batch_refuse(struct batch *, const struct store_refusal *);

/*
 * The entries in the order of tables and keys; valid until the batch is
 * written to.
 */
const struct ordered *batch_sort(struct batch *);

#endif
