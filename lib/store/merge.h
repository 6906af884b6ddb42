/*
 * Merging what was told about a row of a table, at one time or another. It
 * is a join in a lattice: told twice, or in another order, gives the same.
 *
 *	told columns	the newest time wins; at one time, the greater value
 *	RULE_LIST	what is told stands: store/lists.h tells it, and only
 *			of a list that is newer than the one held
 *	RULE_FIRST	the earliest time at which any row was told
 *	RULE_LAST	the newest time at which any column was told
 *	RULE_MIN, MAX	the earliest, the latest time told; of several who
 *			told it, the first did
 *	RULE_TIMES	a JSON object of times: of columns told earlier than
 *			RULE_LAST, of those told to be null, and of RULE_MIN
 *			and RULE_MAX told at another time than they say
 *
 * So a NULL that RULE_TIMES does not list was never told, and any other
 * value that it does not list was told at RULE_LAST. A NOT NULL column, which
 * only a user's own schema has, is listed whenever it was told: what it holds
 * before that is its default.
 *
 * Times are text of base/clock.h, in whose order they sort. Nothing here
 * knows of SQLite.
 */
#ifndef SP_STORE_MERGE_H
#define SP_STORE_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "store/tables.h"
#include "store/value.h"

/* What a record tells: values of some columns, the keys always among them. */
struct told {
	const struct value *values;
	unsigned count;
	bool removes; /* op "delete" */
};

/* A row of a table as it stands. All text is borrowed. */
struct state {
	bool present;
	struct value values[TABLE_COLUMNS_MAX];
	struct slice at[TABLE_COLUMNS_MAX]; /* p == NULL: never told */
	struct slice done; /* of TABLE_QUEUE: when it was last removed */
};

/* No row, and nothing known of it. */
void merge_nothing(const struct table *, struct state *);

/* Copy a row; the text stays borrowed from where it was. */
void merge_copy(const struct table *, struct state *to, const struct state *);

/*
 * Find out when the columns were told, of a row whose values have been read.
 * Slices point into the values.
 */
void merge_read(const struct table *, struct state *);

/* Merge in what was told at a time. */
void merge_tell(
    const struct table *, struct state *, const struct told *, struct slice at);

/*
 * Of TABLE_CURSOR: whether a cursor cannot be, told at a time: it is later, as
 * by a play with a wrong date, or before 1970. Then it counts as absent.
 */
bool merge_cursor_is_void(int64_t cursor, struct slice at);

/* Of TABLE_QUEUE: whether the row was done with since it was asked for. */
bool merge_is_done(const struct table *, const struct state *);

/*
 * Settle the bookkeeping columns once all is told. `text` holds what must be
 * written out; slices into it last until its next write. False where it does
 * not fit.
 */
bool merge_settle(const struct table *, struct state *, struct buf *text);

/* Whether any column, or the presence of the row, differs. */
bool merge_differs(
    const struct table *, const struct state *, const struct state *);

#endif
