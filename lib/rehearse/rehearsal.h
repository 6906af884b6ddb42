/*
 * The whole rehearsal, without its sockets: one request in, one reply out.
 * Not thread-safe: the caller lets one request in at a time.
 */
#ifndef SP_REHEARSE_REHEARSAL_H
#define SP_REHEARSE_REHEARSAL_H

#include "rehearse/catalogue.h"
#include "rehearse/exchange.h"
#include "rehearse/faults.h"
#include "rehearse/listener.h"
#include "rehearse/playlists.h"
#include "rehearse/saved.h"
#include "rehearse/shapes.h"
#include "rehearse/tokens.h"

#include <stdbool.h>
#include <stdint.h>

struct rehearsal {
	struct catalogue *catalogue; /* owned */
	struct listener listener;
	struct tokens tokens;
	struct faults faults;
	struct changes changes; /* of playlists, by faults */
	struct saved *saved;	/* owned; NULL: the made-up listener answers */
	enum regime regime;
	int64_t clock;	 /* the rehearsed now, in ms */
	int64_t set_at;	 /* when it was set, by clock_monotonic; 0: never */
	int64_t latency; /* ms before every answer */
	bool pretty;
	char base[40];	  /* http://127.0.0.1:PORT */
	struct buf log;	  /* NDJSON: the requests seen */
	uint64_t counted; /* how many those were, ever */
};

/* Answer one request: faults, tokens, API, control, and the log. */
void rehearsal_answer(struct rehearsal *, const struct ask *, struct reply *);

/* Frees what it owns. */
void rehearsal_release(struct rehearsal *);

/* The scopes that its tokens carry before anyone has logged in. */
const char *rehearsal_scope(void);

/* The parts of rehearsal_answer. */

/* /v1/..., the caller being known. */
void api_answer(const struct rehearsal *, const struct ask *, struct reply *);

/* /authorize and /api/token; `fault` may be one that they see to, or NULL. */
void accounts_answer(struct rehearsal *, const struct ask *,
    const struct fault *fault, struct reply *);

/* /rehearse/... */
void control_answer(struct rehearsal *, const struct ask *, struct reply *);

#endif
