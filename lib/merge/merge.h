/*
 * Merges observations into a row of a table. An observation asserts values of
 * columns as of a time.
 *
 * Merging is commutative and idempotent: the same observations in any order,
 * any number of times, give the same row.
 *
 *	RULE_LWW	last writer wins; at one time, the greater value
 *	RULE_LIST	the observed value wins always: merge/tracklist.h
 *			writes it, and only of a list that is newer than the
 *			current one
 *	RULE_FIRST	the earliest time of any observation of the row
 *	RULE_LAST	the newest time of any column
 *	RULE_MIN, MAX	the earliest, the latest time observed; of several
 *			observations of it, the first one counts
 *	RULE_TIMES	a JSON object, the written_at of columns: of those
 *			written earlier than RULE_LAST, of those that are null,
 *			and of RULE_MIN and RULE_MAX where they were observed
 *			at another time than they hold
 *
 * So a NULL without an entry in RULE_TIMES was never observed, and any other
 * value without one was written at RULE_LAST. A NOT NULL column, which only a
 * user's own schema has, has an entry once it was observed: before that it
 * holds its default.
 *
 * With each time goes a source: the smallest capture of those that report this
 * value at this time (merge/sources.h). It never decides which value wins.
 *
 *	RULE_ROW_SOURCE		the smallest of the columns written at
 *				RULE_LAST; without RULE_LAST, of RULE_MAX or of
 *				RULE_FIRST; of other kinds of tables, the row's
 *	RULE_FIRST_SOURCE	of RULE_FIRST or RULE_MIN, where it is another
 *	RULE_COLUMN_SOURCES	a JSON object of the sources of columns that
 *				these two are not of
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
#include "merge/observation.h"
#include "merge/table.h"
#include "merge/value.h"
#include "merge/sources.h"

/* When something was observed, and in which capture. */
struct observed_at {
	struct slice at;
	int64_t source;
	struct sources *sources; /* which orders them; borrowed */
};

/* A row of a table as it is stored. All text is borrowed. */
struct stored_row {
	bool present;
	struct value values[TABLE_COLUMNS_MAX];
	struct slice
	    written_at[TABLE_COLUMNS_MAX]; /* p == NULL: never written */
	int64_t source[TABLE_COLUMNS_MAX]; /* where written_at is known */
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
    const struct observation *, const struct observed_at *);

/*
 * Of TABLE_CURSOR: whether a cursor is void: it is later than its observation,
 * as after a play with a wrong date, or before 1970. It then counts as absent.
 */
bool merge_cursor_is_void(int64_t cursor, struct slice at);

/* Of TABLE_QUEUE: whether the tombstone is newer than the row. */
bool merge_is_deleted(const struct table *, const struct stored_row *);

/*
 * Compute the columns that follow from others, once all observations are
 * merged. `text` gets what these columns hold; slices of it are valid until it
 * is written to again. False if it does not fit.
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
