/*
 * Takes back what captures brought: those of runs, or those of a person. Their
 * captures are removed, and every value whose source they are; rows of which
 * no value is left are deleted. What other captures assert of those rows comes
 * back when they are replayed: then the tables are what they would be without
 * the ones that were removed.
 *
 * All of it happens in one transaction, with an entry in the run log: a run
 * with the job 'forget', which is complete once the replay was loaded. Until
 * then it is pending, and the next forget goes on under its name.
 *
 * SQLite's result codes, where nothing else is said.
 */
#ifndef SP_INSPECT_FORGET_H
#define SP_INSPECT_FORGET_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/slice.h"
#include "base/ulid.h"
#include "db/query.h"
#include "match/unmatched.h"
#include "merge/apply.h"
#include "merge/table.h"

/* Which captures have to be replayed. */
enum forget_scope {
	FORGET_NOTHING, /* no value was removed */
	FORGET_EXPORTS, /* those of streaming histories */
	FORGET_ALL
};

struct forget {
	sqlite3 *db; /* borrowed */
	bool dry;    /* count only; the database is open for reading */

	int64_t captures, bytes, rows, values;
	int64_t pruned; /* values that captures which are no longer here may
			   have asserted, before or too */
	enum forget_scope scope;
	char *user; /* whose all the captures are, if they are of one user */

	struct tables tables; /* private from here */
	struct applier applier;
	struct unmatched unmatched;
	struct retraction what;
	int64_t *numbers, *times;
	char pruned_from[CLOCK_TEXT], pruned_to[CLOCK_TEXT];
};

/* Set up; forget_release must follow, after a failure, too. */
int forget_init(struct forget *, sqlite3 *, bool dry);
void forget_release(struct forget *);

/* Choose a run. *known is whether it is on record, or has captures. */
int forget_add_run(struct forget *, struct slice run, bool *known);

/* Choose a person: all captures, runs and rows of a user. */
int forget_add_user(struct forget *, struct slice user);

/*
 * Append the first of the chosen runs that was fetched, not imported: what it
 * has cannot be fetched again. Nothing if there is none.
 */
int forget_find_fetched(struct forget *, struct buf *run);

/*
 * Append the first run on which a program works that loads, or may load, what
 * is chosen. Nothing if there is none.
 */
int forget_find_busy(struct forget *, struct buf *run);

/* Count what is chosen, or remove it as part of the transaction that is open.
 */
int forget_apply(struct forget *);

/*
 * Prepare a listing of that: "table", "rows" that go, "values" that go, and
 * which of these are "pruned". Captures are the rows of staging_raw.
 */
void forget_list(const struct forget *, struct query *);

/*
 * The pending run: its id, or "" if there is none. What has to be replayed for
 * it is not known any more: all captures.
 */
int forget_pending(sqlite3 *, char run[ULID_TEXT]);

#endif
