/*
 * At-least-once delivery of what is staged: the planned runs whose captures
 * were staged and never loaded, as when sp-load was killed, and which of them
 * are to be sent once more.
 *
 * A run waits while no program is at work on it, or on a redelivery of it.
 * A redelivery is a run of its own, on record in ingest_runs before anything
 * of it is sent, with the run that it repeats in replay_of. A run is
 * done with when one that repeats all its captures has loaded. Redeliveries
 * sent together have one started_at, and ids in the order in which they are
 * sent: where one stops the pipeline, those behind it are not to blame, and
 * only the first that did not load counts as an attempt.
 *
 * Where the last REDELIVERY_ATTEMPTS times nothing was loaded at all, as
 * where no sp-load writes to this database, nothing is sent again until
 * something is.
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

/* A run that waits. */
struct undelivered_run {
	char *id;
	char *user;		 /* or NULL */
	int64_t until;		 /* the capture_id of its last capture */
	int64_t attempts;	 /* to send them again that failed */
	char sent_as[ULID_TEXT]; /* empty where it is not to be sent again */
};

struct redelivery {
	struct undelivered_run *runs; /* in the order in which they are sent */
	size_t count;
	char started_at[CLOCK_TEXT];
	bool halted;	   /* nothing that was sent before was loaded */
	bool halt_is_news; /* and no run has been marked for it yet */
};

/*
 * Find out what waits, but for the run that is about to begin, and put on
 * record what is to be sent. With SQLITE_OK or not, a release is due.
 */
int redelivery_plan(struct redelivery *, sqlite3 *, struct slice but);
void redelivery_release(struct redelivery *);

/*
 * Note on a run that its captures are left to `sp-stage replay`. `*news` says
 * whether it is the first time.
 */
int redelivery_abandon(sqlite3 *, const struct undelivered_run *, bool *news);

#endif
