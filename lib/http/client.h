/*
 * A client of the Web API: GET requests with an access token that is refreshed
 * when it expires. Short waits are waited out, transient errors retried, and
 * long waits left to the caller.
 */
#ifndef SP_HTTP_CLIENT_H
#define SP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "http/retry.h"
#include "http/token.h"
#include "http/transfer.h"
#include "spotify/endpoint.h"

enum answer_kind {
	ANSWER_GOOD,	 /* 2xx with JSON, 204 or 205 without a body */
	ANSWER_DENIED,	 /* 4xx, like 403 and 404, but for 408 and 429 */
	ANSWER_REDIRECT, /* 3xx: redirects are not followed */
	ANSWER_LIMITED,	 /* 429 or 5xx, the wait too long; see error.until */
	ANSWER_BROKEN,	 /* another 5xx or not JSON, after all retries */
	ANSWER_NONE,	 /* no complete response after all retries */
	ANSWER_NO_LOGIN	 /* no usable access token */
};

struct answer {
	enum answer_kind kind;
	struct reply reply; /* undefined for NONE and NO_LOGIN */
	struct error error; /* unless GOOD */
	bool account;	    /* LIMITED: the whole developer account */
};

/* All is borrowed; a refresh changes the token and its file. */
struct client {
	struct transfer *transfer;
	struct token *token;   /* loaded */
	const char *token_url; /* NULL: never refresh */
	struct retry_policy policy;
	int64_t renewed_at; /* by clock_monotonic; 0 for not yet */
	unsigned renewals;
	/* Until when nothing of a bucket is sent, by clock_monotonic. */
	int64_t blocked_until[BUCKETS];
};

enum get_state {
	GET_READY,   /* to be sent */
	GET_ASKED,   /* under way */
	GET_WAITING, /* to be sent again at wake_at */
	GET_LOGIN,   /* to be sent once the token is refreshed */
	GET_DONE     /* the answer is there, good or bad */
};

/*
 * One GET, as a state machine: get_ask moves it from READY or WAITING to
 * ASKED, client_next moves it on from there. All is borrowed until it is DONE.
 */
struct get {
	struct client *client;
	struct answer *answer;
	const char *url;
	void *owner;
	enum get_state state;
	int64_t wake_at; /* by clock_monotonic */
	size_t bucket;	 /* of its endpoint */
	bool limited;	 /* it waits, or waited, for that one's limit */
	struct retry retry;
	bool renewed;	   /* the token was refreshed for this one */
	unsigned renewals; /* the client's, when it was sent */
};

/* `max_body` in bytes: a larger one is an error. */
void answer_init(struct answer *, size_t max_body);
void answer_release(struct answer *);

/*
 * Begin one for an absolute URL; the caller has checked that it is one of the
 * API. `owner` is for the caller's use.
 */
void get_begin(struct get *, struct client *, const char *url, size_t bucket,
    struct answer *answer, void *owner);

/* Send it, from READY or WAITING; may need a refresh first: LOGIN. */
void get_ask(struct get *);

/* Refresh the token, from LOGIN to READY; only while no GET is under way. */
void get_log_in(struct get *);

/* Handle the next transfer that has ended; its GET, or NULL for none. */
struct get *client_next(struct client *);

/* Run one to its end, while no other is under way. */
void client_get(struct client *, const char *url, struct answer *);

#endif
