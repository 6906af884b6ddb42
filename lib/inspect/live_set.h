/*
 * When what stands in the tables was told. Of every row it is kept when it
 * was told, column by column (merge/merge.h): so it is known which captures
 * a rebuild cannot do without, those of the times that stand.
 *
 * SQLite's result codes, where nothing else is said.
 */
#ifndef SP_INSPECT_LIVE_SET_H
#define SP_INSPECT_LIVE_SET_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "merge/table.h"

/* A set of times, in milliseconds. Zeroed it is empty. */
struct time_set {
	int64_t *slots;
	size_t count, room;
};

void time_set_add(struct time_set *, int64_t ms);
bool time_set_has(const struct time_set *, int64_t ms);
void time_set_release(struct time_set *);

/* At most: each column's own, and each of those that RULE_TIMES lists. */
#define ROW_TIMES_MAX (2 * TABLE_COLUMNS_MAX)

/* The times at which a row was written; none where that is not known. */
struct row_times {
	const struct table *table;
	int64_t times[ROW_TIMES_MAX];
	size_t count;
};

/*
 * Call `row` for every row of the tables that captures make, table by table. A
 * result other than SQLITE_OK ends the walk, and is returned.
 */
int live_set_walk(sqlite3 *, struct tables *,
    int (*row)(void *ctx, const struct row_times *), void *ctx);

#endif
