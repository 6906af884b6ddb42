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
#include "rehearse/render.h"
#include "rehearse/saved.h"
#include "rehearse/tokens.h"

#include <stdbool.h>
#include <stdint.h>

/* A user of the API: the music and playlists as this one sees them. */
struct mock_user {
	struct catalogue *catalogue; /* owned */
	struct history history;
	struct tokens tokens;
	struct playlist_changes changes; /* made by faults */
};

struct mock {
	struct mock_user *users; /* owned; they share the first one's music */
	int user_count;
	struct mock_user *user; /* whose request it is */
	struct faults faults;
	const char *saved; /* a folder for saved_respond; NULL: made-up data */
	enum access_mode access_mode;
	int64_t clock;	  /* the simulated time, in ms */
	int64_t set_at;	  /* when it was set, by clock_monotonic; 0: never */
	int64_t latency;  /* ms before every response */
	char base[40];	  /* http://127.0.0.1:PORT */
	struct buf log;	  /* NDJSON: the received requests */
	uint64_t counted; /* requests since the start */
};

/* Make the response to one request, and log both. */
void mock_respond(
    struct mock *, const struct mock_request *, struct mock_response *);

/* Frees what it owns. */
void mock_release(struct mock *);

/* The scopes of its tokens before the first login. */
extern const char mock_default_scope[];

/* The parts of mock_respond. */

/* /v1/..., once the token is checked. */
void api_respond(
    const struct mock *, const struct mock_request *, struct mock_response *);

/* /authorize and /api/token; fault: the one that applies, or NULL. */
void accounts_respond(struct mock *, const struct mock_request *,
    const struct fault *fault, struct mock_response *);

/* /rehearse/... */
void control_respond(
    struct mock *, const struct mock_request *, struct mock_response *);

#endif
