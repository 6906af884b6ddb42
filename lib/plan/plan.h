/*
 * Plans: what a job asks the API for, worked out from the database. A plan
 * only reads; its requests go to the source that its run was opened on.
 *
 * Functions return SQLite's result codes, SQLITE_OK for success.
 */
#ifndef SP_PLAN_PLAN_H
#define SP_PLAN_PLAN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "db/query.h"
#include "plan/resume.h"
#include "stream/outcome.h"
#include "stream/source.h"

struct plan_options {
	const char *account;
	const char *user;     /* Spotify user, or NULL for the account's */
	int64_t after;	      /* ask for plays after it, Unix ms; -1: for all */
	int64_t playlist_age; /* ms after which a playlist is asked again */
	int64_t profile_age;  /* ms after which a user is asked again */
	int64_t refusal_age;  /* ms after which a 403 or 404 is tried again */
	bool force;	      /* ask again whatever is known */
};

struct plan {
	sqlite3 *db; /* borrowed, as are the options and the source */
	const struct plan_options *options;
	struct source *source; /* NULL where a plan is only made, not sent */
	struct buf user; /* Spotify user id; empty if it is not known yet */
	struct checkpoints checkpoints;
	int64_t now;	   /* Unix ms, corrected by clock_off */
	int64_t clock_off; /* ms, see clock_correction */
	int64_t cursor;	   /* Unix ms, or -1 for none */
	int64_t requests;
	int rc;			/* of what was asked on the way */
	int64_t pages;		/* of all requests, as far as is known */
	int64_t unknown;	/* requests that may have more pages than one */
	struct outcome outcome; /* what the run's end says */
};

struct job {
	const char *name;
	int64_t interval; /* ms between runs, where nothing else calls it due */
	int (*plan)(struct plan *);
	/* Count what waits for it; NULL where that cannot be known. */
	int (*waiting)(struct plan *, int64_t *n);
};

/* All jobs, in the order in which one prepares the next; ends with NULL. */
extern const struct job jobs[];

/* The job of that name, or NULL. */
const struct job *job_named(const char *name);

/*
 * Whether a job is due: it has something to ask for, or waits for a deadline
 * to, and has not completed within its interval, or there is work for it that
 * does not wait for that.
 */
int job_is_due(
    sqlite3 *, const struct job *, const struct plan_options *, bool *due);

/*
 * Whether captures of a job's last complete run were refused, but for parts
 * of which that was known. The job is due again after an hour, and after
 * twice as long each time that this goes on, up to its interval.
 */
int job_was_refused(
    sqlite3 *, const struct job *, const struct plan_options *, bool *refused);

/*
 * Set `until` to the latest deadline that holds up requests of a job; empty
 * for none.
 */
int job_blocked_until(sqlite3 *, const struct job *,
    const struct plan_options *, struct buf *until);

/* Lift deadlines of the user, see deadlines_lift. */
int jobs_unblock(sqlite3 *, const struct plan_options *, const char *endpoints,
    void (*on_lift)(void *ctx, const char *endpoint, const char *until),
    void *ctx);

/* How many things wait for a job; -1 where that cannot be known. */
int job_waiting(
    sqlite3 *, const struct job *, const struct plan_options *, int64_t *n);

/*
 * Open a run of a job on the source, plan it, and end it. With NULL for the
 * source the plan is only made, and counted.
 */
int plan_job(struct plan *, sqlite3 *, const struct job *,
    const struct plan_options *, struct source *);
void plan_release(struct plan *);

/* For the jobs: */

struct plan_request {
	const char *endpoint; /* one of spotify/endpoint.h */
	const char *url;      /* NULL where it is too long */
	struct slice dequeue; /* as JSON: playlists that leave the queue */
	int64_t pages;	      /* that will come; 0: one, -1: nobody knows */
	const struct checkpoint
	    *checkpoint; /* to go on from; NULL: from the beginning */
	int64_t cursor;	 /* where paging stops, Unix ms; 0: nowhere */
};

/* Send a request. */
void plan_send(struct plan *, const struct plan_request *);

/*
 * The same of what is to come once, of which `pages` are all that there are:
 * where a limit cut it short the rest of it, and nothing where it came whole
 * before another limit.
 */
void plan_send_rest(struct plan *, struct plan_request *);

/*
 * Whether a deadline has not passed that the API set for an endpoint, or for
 * another one of its bucket. Then nothing is to be asked there, and the
 * outcome says so, with the earliest of all deadlines.
 */
bool plan_is_limited(struct plan *, const char *endpoint);

/*
 * Prepare a query. Of its parameters these are bound if it has them: :user,
 * :account, :now, :refused_since and :stale_since; the two latter are the
 * times as long ago as refusal_age and `age`. A stored time later than :now
 * came from a wrong clock: it must not count as recent.
 */
void plan_query(struct plan *, struct query *, const struct sql *, int64_t age);

/* The one number of such a query; 0 where it gives none. */
int plan_count(struct plan *, const struct sql *, int64_t *n);

/*
 * How many pages hold so many items, for plan_request. Of none at all it is
 * not known whether there are none, or none was met yet.
 */
int64_t plan_pages(int64_t items, int64_t page);

/*
 * Append the path of an endpoint, about the thing of that id; with id.p == NULL
 * the path that needs none.
 */
bool plan_put_path(struct buf *, const char *endpoint, struct slice id);

int plan_play_history(struct plan *);
int plan_playlists(struct plan *);
int plan_audio_features(struct plan *);
int plan_profile(struct plan *);

int plan_playlists_waiting(struct plan *, int64_t *n);
int plan_audio_features_waiting(struct plan *, int64_t *n);

#endif
