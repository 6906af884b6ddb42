/*
 * Merging what was observed of a row of a table, at one time or another.
 * Merging is commutative and idempotent: the same observations in any order,
 * any number of times, give the same row.
 *
 *	RULE_LWW	last writer wins; at one time, the greater value
 *	RULE_LIST	what is told stands: merge/tracklist.h tells it, and
 *			only
 *			of a list that is newer than the current one
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
 * With each time goes a source: the smallest capture of those that report this
 * value at this time (merge/sources.h). It never decides which value wins.
 *
 *	RULE_ROW_SOURCE		the smallest of the columns written at
 *				RULE_LAST; without RULE_LAST, of RULE_MAX or of
 *				RULE_FIRST; of other kinds of tables, the row's
 *	RULE_FIRST_SOURCE	of RULE_FIRST or RULE_MIN, where it is another
 *	RULE_COLUMN_SOURCES	a JSON object of the sources of columns that
 *				these two do not speak for
 *
 * Times are text of base/clock.h, in whose order they sort. Nothing here
 * reads or writes a table.
 */
#ifndef SP_MERGE_MERGE_H
#define SP_MERGE_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "merge/table.h"
#include "merge/value.h"
#include "merge/sources.h"

/* Column values that one record asserts; the keys are always among them. */
struct observation {
	const struct value *values;
	unsigned count;
	bool removes; /* op "delete" */
};

/* When something was observed, and by which capture. */
struct origin {
	struct slice at;
	int64_t source;
	struct sources *sources; /* what knows their order; borrowed */
};

/* A row of a table as it is stored. All text is borrowed. */
struct stored_row {
	bool present;
	struct value values[TABLE_COLUMNS_MAX];
	struct slice
	    written_at[TABLE_COLUMNS_MAX]; /* p == NULL: never written */
	int64_t source[TABLE_COLUMNS_MAX]; /* where `at` is known */
	int64_t row_source;	 /* of what is not merged by columns */
	struct slice deleted_at; /* of TABLE_QUEUE: when it was last removed */
	int64_t done_source;
};

/* No row, and no times of any column. */
void merge_row_clear(const struct table *, struct stored_row *);

/*
 * Copy a row but for the sources of its columns, which merge_read_times finds;
 * the text stays borrowed from where it was.
 */
void merge_row_copy(
    const struct table *, struct stored_row *to, const struct stored_row *);

/*
 * Fill in `written_at` of a row whose values have been read. Slices point into
 * the values.
 */
void merge_read_times(const struct table *, struct stored_row *);

/* Merge in an observation made at a time. */
void merge_observe(const struct table *, struct stored_row *,
    const struct observation *, const struct origin *);

/*
 * Of TABLE_CURSOR: whether a cursor is void: it is later than its observation,
 * as after a play with a wrong date, or before 1970. It then counts as absent.
 */
bool merge_cursor_is_void(int64_t cursor, struct slice at);

/* Of TABLE_QUEUE: whether the tombstone is newer than the row. */
bool merge_is_deleted(const struct table *, const struct stored_row *);

/*
 * Settle the bookkeeping columns once all is told. `text` holds what must be
 * written out; slices into it last until its next write. False where it does
 * not fit.
 */
bool merge_finalize(const struct table *, struct stored_row *, struct sources *,
    struct buf *text);

/* Whether any column, or the presence of the row, differs; not provenance. */
bool merge_row_differs(
    const struct table *, const struct stored_row *, const struct stored_row *);

/* Whether the provenance of two rows that are there differs. */
bool merge_sources_differ(
    const struct table *, const struct stored_row *, const struct stored_row *);

#endif
