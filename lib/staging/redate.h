/*
 * Captures of runs moved in time, as after a run whose clock was wrong. What
 * was loaded of them stays as it is: the tables are to be rebuilt.
 *
 * Functions return SQLite's result codes. Runs are a JSON array of their ids,
 * spans are in milliseconds.
 */
#ifndef SP_STAGING_REDATE_H
#define SP_STAGING_REDATE_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/query.h"

/*
 * The captures of the runs, and when they were fetched, moved by `from` and by
 * `to`: prepares a query with a row a run, for cmd/listing.h.
 */
void redate_list(
    struct query *, sqlite3 *, const char *runs, int64_t from, int64_t to);

/*
 * Append the first run that is not on record and has no captures; nothing if
 * there is none.
 */
int redate_unknown(sqlite3 *, const char *runs, struct buf *run);

/*
 * Move all times of the runs: of their captures, which remember by how much in
 * the member `redated`, of their records in ingest_runs, of their errors, and
 * of the accounts that they used last. Part of the transaction that is open.
 * SQLITE_RANGE where one would leave the years 0 to 9999, to be rolled back.
 */
int redate_move(sqlite3 *, const char *runs, int64_t by);

#endif
