/*
 * The mock API without its sockets: one request in, one response out. Not
 * thread-safe: the caller passes one request at a time.
 */
#ifndef SP_REHEARSE_MOCK_H
#define SP_REHEARSE_MOCK_H

#include "rehearse/catalogue.h"
#include "rehearse/exchange.h"
#include "rehearse/faults.h"
#include "rehearse/history.h"
#include "rehearse/playlist_version.h"
#include "rehearse/recordings.h"
#include "rehearse/render.h"
#include "rehearse/tokens.h"

#include <stdbool.h>
#include <stdint.h>

struct mock {
	struct catalogue *catalogue; /* owned */
	struct history history;
	struct tokens tokens;
	struct faults faults;
	struct playlist_changes changes; /* of playlists, by faults */
	struct recordings
	    *recordings; /* owned; NULL: the made-up listener answers */
	enum access_mode access_mode;
	int64_t clock;	 /* the simulated time, in ms */
	int64_t set_at;	 /* when it was set, by clock_monotonic; 0: never */
	int64_t latency; /* ms before every answer */
	bool pretty;
	char base[40];	  /* http://127.0.0.1:PORT */
	struct buf log;	  /* NDJSON: the requests seen */
	uint64_t counted; /* how many those were, ever */
};

/* Answer one request: faults, tokens, API, control, and the log. */
void mock_respond(
    struct mock *, const struct mock_request *, struct mock_response *);

/* Frees what it owns. */
void mock_release(struct mock *);

/* The scopes that its tokens carry before anyone has logged in. */
const char *mock_default_scope(void);

/* The parts of mock_respond. */

/* /v1/..., the caller being known. */
void api_respond(
    const struct mock *, const struct mock_request *, struct mock_response *);

/* /authorize and /api/token; `fault` may be one that they see to, or NULL. */
void accounts_respond(struct mock *, const struct mock_request *,
    const struct fault *fault, struct mock_response *);

/* /rehearse/... */
void control_respond(
    struct mock *, const struct mock_request *, struct mock_response *);

#endif
