/*
 * Where the rows of a table come from, by the sources that are kept with them:
 * see merge/merge.h, and merge/tracklist_sources.h for lists of tracks. What an
 * sp has loaded that kept none, or is in a table of a user's own without these
 * columns, has no more than its times.
 *
 * All of it is SQL, appended to a query that is being built.
 */
#ifndef SP_INSPECT_LIVE_SET_H
#define SP_INSPECT_LIVE_SET_H

#include <sqlite3.h>
#include <stdbool.h>

#include "merge/table.h"

/*
 * Whether rows of a table come from captures: those that are loaded, but for
 * the items of lists, which their playlist's row speaks for; and what waits.
 */
bool live_set_covers(const struct table *);

/* Statements that insert all sources of a table into a table of them. */
void live_set_put_sources(
    sqlite3_str *, const struct table *, const char *into);

/*
 * A query of the times at which values of unknown source may have been
 * observed, as text; none where there can be none.
 */
void live_set_put_times(sqlite3_str *, const struct table *);

/* A query of how many rows have neither sources nor times. */
void live_set_put_unknown(sqlite3_str *, const struct table *);

/*
 * A query of how many rows have a value from a source of a set, a query in
 * parentheses, or an unknown one of a time of another; and of how many.
 */
void live_set_put_count(sqlite3_str *, const struct table *,
    const char *sources, const char *times);

#endif
