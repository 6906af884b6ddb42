/*
 * The live set, as in garbage collection: the captures that stored values come
 * from. Values are stored with their sources: see merge/merge.h, and
 * merge/tracklist_sources.h for lists of tracks. Only of values of unknown
 * source, which an older version loaded or SQL inserted, the time must do.
 *
 * The sets are the temporary tables of inspect/prune.sql. SQLite's result codes
 * throughout.
 */
#ifndef SP_INSPECT_LIVE_SET_H
#define SP_INSPECT_LIVE_SET_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "merge/table.h"

/*
 * Whether rows of a table come from captures: the loaded tables, but for the
 * items of lists, whose sources their playlist has; and pages that wait.
 */
bool live_set_covers(const struct table *);

/*
 * Add the sources of a table to prune_sources, and the times of its values of
 * unknown source to prune_times.
 */
int live_set_collect(sqlite3 *, const struct table *);

/* Append a condition of SQL: whether a row has a value of unknown source. */
void live_set_put_is_unknown(sqlite3_str *, const struct table *);

/* The same: one of a source that a query gives. */
void live_set_put_has_source(
    sqlite3_str *, const struct table *, const char *sources);

/* The same: one that was written at a time that a query gives. */
void live_set_put_was_written(
    sqlite3_str *, const struct table *, const char *times);

/* How many rows have neither sources nor times. */
int live_set_count_unknown(sqlite3 *, const struct table *, int64_t *rows);

/*
 * How many rows, of how many, have a value from a capture that prune_plan
 * removes, or a value of unknown source from the time of one.
 */
int live_set_count_lost(
    sqlite3 *, const struct table *, int64_t *rows, int64_t *of);

#endif
