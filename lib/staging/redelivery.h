/*
 * At-least-once delivery of staged captures: finds the planned runs whose
 * captures were staged and never loaded, as when sp-load was killed, and plans
 * their redelivery.
 *
 * A run is undelivered if no program works on it, or on a redelivery of it,
 * and no redelivery of all its captures was loaded. A redelivery is a run of
 * its own, inserted into ingest_runs before it is sent, with the run that it
 * repeats in replay_of. Redeliveries sent together have the same started_at,
 * and ids in the order in which they are sent: where one stops the pipeline,
 * those behind it are not to blame, and only the first that was not loaded
 * counts as an attempt.
 *
 * If nothing was loaded in the last REDELIVERY_ATTEMPTS attempts, as when no
 * sp-load writes to this database, redelivery is halted until something is.
 *
 * Functions return SQLite's result codes and write as part of the
 * transaction that is open.
 */
#ifndef SP_STAGING_REDELIVERY_H
#define SP_STAGING_REDELIVERY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/ulid.h"

#define REDELIVERY_ATTEMPTS 3

struct undelivered_run {
	char *id;
	char *user;		 /* or NULL */
	int64_t until;		 /* the capture_id of its last capture */
	int64_t attempts;	 /* failed redeliveries */
	char sent_as[ULID_TEXT]; /* its redelivery; empty if it is given up */
};

struct redelivery {
	struct undelivered_run *runs; /* in the order in which they are sent */
	size_t count;
	char started_at[CLOCK_TEXT];
	bool halted;
	bool halt_is_news; /* no run is marked for it yet */
};

/*
 * Find the undelivered runs, except for the run `but` that begins now, and
 * insert their redeliveries. To be released, even after a failure.
 */
int redelivery_plan(struct redelivery *, sqlite3 *, struct slice but);
void redelivery_release(struct redelivery *);

/*
 * Mark a run as given up: its captures are left to `sp-stage replay`. *news is
 * whether it was not marked before.
 */
int redelivery_abandon(sqlite3 *, const struct undelivered_run *, bool *news);

#endif
