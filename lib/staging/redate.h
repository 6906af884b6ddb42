/*
 * Moves the captures of runs in time, as after a run with a wrong clock. What
 * was loaded of them does not change: the tables have to be rebuilt.
 *
 * Functions return SQLite's result codes. `runs` is a JSON array of their ids;
 * spans are in milliseconds.
 */
#ifndef SP_STAGING_REDATE_H
#define SP_STAGING_REDATE_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/query.h"

/*
 * Prepare a query with a row for each run: how many captures it has, and when
 * the first and the last were fetched, moved by `from` and moved by `to`.
 */
void redate_list(
    struct query *, sqlite3 *, const char *runs, int64_t from, int64_t to);

/*
 * Append the first run that is not in ingest_runs and has no captures; nothing
 * if there is none.
 */
int redate_unknown(sqlite3 *, const char *runs, struct buf *run);

/*
 * Move all times of the runs: those of their captures, whose member `redated`
 * has the sum of all moves, of ingest_runs, of their errors, and of accounts
 * that they used last. Writes in the transaction that is open. SQLITE_RANGE if
 * a time would leave the years 0 to 9999: then roll back.
 */
int redate_move(sqlite3 *, const char *runs, int64_t by);

#endif
