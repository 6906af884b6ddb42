/*
 * A plan: the requests that a job needs now, worked out from the database
 * alone. They go to the source of the job's run; without a source they are only
 * counted.
 *
 * A failure of the database is sticky, as in struct query: after the first one
 * nothing more is read or sent, and plan_finish returns its code.
 */
#ifndef SP_PLAN_PLAN_H
#define SP_PLAN_PLAN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/query.h"
#include "plan/resume.h"
#include "stream/outcome.h"
#include "stream/source.h"

struct plan_options {
	const char *account;
	const char *user;      /* Spotify user id; NULL for the account's */
	int64_t after;	       /* only plays after it, Unix ms; -1 for all */
	int64_t playlist_age;  /* ms after which a playlist is stale */
	int64_t profile_age;   /* ms after which a user is stale */
	int64_t refusal_age;   /* ms after which a 403 or 404 is tried again */
	int64_t catalogue_age; /* ms after which job_catalogue asks again */
	int64_t catalogue_limit; /* requests of job_catalogue in 24 hours */
	bool force;		 /* request everything, whatever is stored */
};

struct plan {
	sqlite3 *db; /* borrowed, as are the job, the options and the source */
	const struct job *job;
	const struct plan_options *options;
	struct source *source; /* of the run; NULL to count requests only */
	struct buf user;       /* Spotify user id; empty if it is unknown */
	struct checkpoints checkpoints;
	int64_t now;	   /* Unix ms, corrected by clock_off */
	int64_t clock_off; /* ms, see clock_correction in plan.c */
	int64_t cursor;	   /* the job's high-water mark, Unix ms; -1 for none */
	int64_t requests;
	int64_t pages;		/* of all requests, as far as is known */
	int64_t unknown;	/* requests whose number of pages is unknown */
	struct outcome outcome; /* of the run */
	int rc;			/* SQLite's code of the first failure */
};

struct job {
	const char *name;
	const char *purpose; /* what it requests, in a few words */
	int64_t interval;    /* ms between its runs, see job_is_due */
	bool background;     /* it can wait: a deadline does not make it due */
	/* Plan its requests; NULL for a job that makes none. */
	void (*plan)(struct plan *);
	/*
	 * Count what waits for its next run, and set the days that it will
	 * take, which are -1, if they are known; NULL if nothing is known.
	 */
	int64_t (*waiting)(struct plan *, int64_t *days);
	/* Whether there is work that does not wait for the interval, or NULL.
	 */
	const struct sql *urgent;
};

/*
 * Begin a plan: the time and the user are known, nothing is planned. The job
 * may be NULL for a plan that is not run.
 */
void plan_init(
    struct plan *, sqlite3 *, const struct job *, const struct plan_options *);

/*
 * Plan the job's requests: open a run on the source, send them, end the run.
 * With NULL for the source they are only counted.
 */
void plan_run(struct plan *, struct source *);

/* End a plan. SQLite's result code. */
int plan_finish(struct plan *);

/* --- For the jobs -------------------------------------------------------- */

/* Plays of the last days, up to the stored ones. */
extern const struct job job_play_history;
/* The user's playlists, and their tracks. */
extern const struct job job_playlists;
/* Audio features of the stored tracks. */
extern const struct job job_audio_features;
/* The user, the artists that the user follows, and other users. */
extern const struct job job_profile;
/* What the catalogue lacks of tracks, artists and albums. */
extern const struct job job_catalogue;

struct plan_request {
	const char *endpoint; /* one of spotify/endpoint.h */
	struct slice id;      /* of its subject; p == NULL without one */
	const char *query;    /* of the URL, with its '?'; NULL for none */
	struct slice dequeue; /* a JSON array: playlists to leave the queue */
	int64_t pages;	      /* expected; 0 for one, -1 if unknown */
	const struct checkpoint *resume; /* NULL: from the first page on */
	int64_t cursor;	 /* where paging stops, Unix ms; 0 for nowhere */
	bool background; /* it can wait, see sp-stream(5) */
};

/* Send a request, and count it. */
void plan_send(struct plan *, const struct plan_request *);

/*
 * The same, but resumes the chain of pages that a rate limit cut short, and
 * sends nothing if the chain is complete.
 */
void plan_send_rest(struct plan *, struct plan_request *);

/* The checkpoint of the request's chain of pages; NULL for none. */
const struct checkpoint *plan_checkpoint(
    struct plan *, const struct plan_request *);

/*
 * Whether a deadline blocks the bucket of an endpoint. Then the outcome says
 * so, with the earliest of all such deadlines, and the caller must not send
 * requests of it.
 */
bool plan_is_limited(struct plan *, const char *endpoint);

/*
 * Prepare a query. Of its parameters these are bound if it has them: :user,
 * :account, :job, :now, and the times :refused_since, :answered_since and
 * :stale_since, which are refusal_age, catalogue_age and `age` (ms) ago. A
 * stored time after :now comes from a wrong clock: it must not count as recent.
 */
void plan_query(struct plan *, struct query *, const struct sql *, int64_t age);

/*
 * Go on to the next row of such a query. False after the last one or a
 * failure: the query is finished.
 */
bool plan_step(struct plan *, struct query *);

/* Finish a query before its last row. */
void plan_end_query(struct plan *, struct query *);

/* The number that such a query selects; 0 without a row. */
int64_t plan_count(struct plan *, const struct sql *, int64_t age);

/*
 * The pages that hold so many stored items, for plan_request: of none it is
 * unknown whether there are any.
 */
int64_t plan_pages(int64_t items, int64_t page_size);

/* Fail with a code, unless it is SQLITE_OK. */
void plan_fail(struct plan *, int rc);

#endif
