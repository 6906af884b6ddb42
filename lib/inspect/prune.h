/*
 * Garbage collection of captures: finds and removes those from which no stored
 * value comes (inspect/live_set.h). However old, these stay:
 *
 *	needed		A value comes from the capture, or may, if the value's
 *			source is unknown; or it is a page of a list of tracks
 *			that is current or waits, or of which another page
 *			stays: lists remain whole.
 *	refused		Something of it was refused, and can be sent again.
 *	unloaded	Its run is not on record as loaded to its end, so that
 *			no table may have seen it yet.
 *
 * What to remove is planned in temporary tables, from one state of the
 * database, and removed in small transactions. If another program wrote in
 * between, it is planned anew.
 *
 * SQLite's result codes, where nothing else is said.
 */
#ifndef SP_INSPECT_PRUNE_H
#define SP_INSPECT_PRUNE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/query.h"
#include "merge/table.h"

struct prune {
	sqlite3 *db;	  /* borrowed */
	int64_t before;	  /* only captures fetched before then, Unix ms */
	bool even_needed; /* all of these */

	int64_t unknown;   /* rows with neither sources nor times */
	char in_table[64]; /* the first table that has any */

	struct tables tables; /* private from here */
	int64_t version;      /* of the database when it was planned */
};

/* Set up; prune_release must follow, after a failure, too. */
int prune_init(struct prune *, sqlite3 *);
void prune_release(struct prune *);

/*
 * Plan what to remove: nothing if there are `unknown` rows, unless even needed
 * captures are to be removed.
 */
int prune_plan(struct prune *);

/*
 * Prepare a listing of the plan, a row for each endpoint that has captures that
 * old: "endpoint", how many are "old", how many of these go, "captures", with
 * how many "bytes", and how many are "needed", "refused", "unloaded".
 */
void prune_list(const struct prune *, struct query *);

/* Sum up the plan: captures that go, their bytes, and all older captures. */
struct prune_sum {
	int64_t captures, bytes, old;
};
int prune_sum(const struct prune *, struct prune_sum *);

/*
 * Report each table with rows that cannot be rebuilt once the plan is carried
 * out: how many of how many.
 */
int prune_losses(struct prune *,
    void (*report)(void *ctx, const char *table, int64_t rows, int64_t of),
    void *ctx);

/*
 * Remove some of the captures in a transaction, and add to *captures and
 * *bytes: SQLITE_ROW, or SQLITE_DONE when none were left.
 */
int prune_next(struct prune *, int64_t *captures, int64_t *bytes);

#endif
