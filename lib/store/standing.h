/*
 * When what stands in the tables was told. Of every row it is kept when it
 * was told, column by column (store/merge.h): so it is known which captures
 * a rebuild cannot do without, those of the times that stand.
 *
 * SQLite's result codes, where nothing else is said.
 */
#ifndef SP_STORE_STANDING_H
#define SP_STORE_STANDING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/tables.h"

/* A set of times, in milliseconds. Zeroed it is empty. */
struct times {
	int64_t *slots;
	size_t count, room;
};

void times_add(struct times *, int64_t ms);
bool times_has(const struct times *, int64_t ms);
void times_release(struct times *);

/* At most: each column's own, and each of those that RULE_TIMES lists. */
#define STANDING_MAX (2 * TABLE_COLUMNS_MAX)

/* The times at which a row was told; none where that is not known. */
struct standing {
	const struct table *table;
	int64_t times[STANDING_MAX];
	size_t count;
};

/*
 * Tell of every row of the tables that captures make, table by table. What
 * `row` returns but SQLITE_OK ends it, and is returned.
 */
int standing_walk(sqlite3 *, struct tables *,
    int (*row)(void *ctx, const struct standing *), void *ctx);

#endif
