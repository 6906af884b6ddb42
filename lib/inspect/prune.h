/*
 * Captures that no table needs any more to be made again: those from which no
 * value that is stored comes (inspect/live_set.h). However old, these stay:
 *
 *	needed		a value comes from it, or may: of one whose source is
 *			unknown all of its time are needed; or it is of
 *			a list of tracks that is current or waits, or of one of
 *			which another capture stays: lists are whole
 *	refused		something of it was refused, and can be sent again
 *	unloaded	of a run that is not on record as loaded to its end: no
 *			table may have seen it yet
 *
 * What to remove is planned in temporary tables, from one state of the
 * database, and removed by small transactions. Where another program wrote
 * in between, it is planned anew.
 *
 * SQLite's result codes, where nothing else is said.
 */
#ifndef SP_INSPECT_PRUNE_H
#define SP_INSPECT_PRUNE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "merge/table.h"

struct prune {
	sqlite3 *db;	  /* borrowed */
	int64_t before;	  /* only what was fetched before then, Unix ms */
	bool even_needed; /* all of that */

	int64_t unknown;   /* rows whose captures are not known */
	char in_table[64]; /* the first table that has any */

	struct tables tables; /* private from here */
	int64_t version;      /* of the database, when it was planned */
};

/* Set up; nothing is read yet. A release is due whatever comes of it. */
int prune_init(struct prune *, sqlite3 *);
void prune_release(struct prune *);

/*
 * Plan what goes. Where rows are unknown nothing does, unless even what is
 * needed goes.
 */
int prune_plan(struct prune *);

/*
 * A query of the plan, a row for each endpoint that has captures that old:
 * "endpoint", how many are "old", how many of these go, "captures", with how
 * many "bytes", and how many are "needed", "refused", "unloaded".
 */
extern const char prune_listing[];

/* Sums over the plan: captures to remove, their bytes, and all old captures. */
struct prune_sum {
	int64_t captures, bytes, old;
};
int prune_sum(struct prune *, struct prune_sum *);

/*
 * Report each table of which rows cannot be rebuilt as they are once the plan
 * is carried out: how many `rows` of how many.
 */
int prune_losses(struct prune *,
    void (*report)(void *ctx, const char *table, int64_t rows, int64_t of),
    void *ctx);

/*
 * Remove some of the captures, in a transaction of its own, and add to
 * *captures and *bytes: SQLITE_ROW, or SQLITE_DONE when nothing was left.
 */
int prune_next(struct prune *, int64_t *captures, int64_t *bytes);

#endif
