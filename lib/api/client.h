/*
 * A client of the Web API: GET requests with an access token that is refreshed
 * when it expires. Transient errors are retried, and short waits waited out;
 * a longer one is a result, with its deadline.
 *
 * A struct api_request is one GET with all its retries; its result says what
 * came of it, with the last response.
 */
#ifndef SP_API_CLIENT_H
#define SP_API_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/token.h"
#include "http/error.h"
#include "http/retry.h"
#include "http/transfer.h"
#include "spotify/endpoint.h"

struct token_file;

enum result_kind {
	RESULT_OK,	 /* 2xx with JSON, 204 or 205 without a body */
	RESULT_DENIED,	 /* 4xx, like 403 and 404, but for 408 and 429 */
	RESULT_REDIRECT, /* 3xx: redirects are not followed */
	RESULT_LIMITED,	 /* 429 or 5xx, the wait too long; see error.until */
	RESULT_BROKEN,	 /* another 5xx or not JSON, after all retries */
	RESULT_NONE,	 /* no complete response after all retries */
	RESULT_NO_LOGIN	 /* no usable access token */
};

struct result {
	enum result_kind kind;
	struct response response; /* undefined for NONE and NO_LOGIN */
	struct error error;	  /* unless OK */
	bool account;		  /* LIMITED: the whole developer account */
};

/* All is borrowed; a refresh changes the token and its file. */
struct client {
	struct transfer *transfer;
	struct token *token; /* loaded from its file */
	struct token_file *token_file;
	const char *token_url; /* of the refresh; NULL: never refresh */
	struct retry_policy policy;
	int64_t refreshed_at; /* by clock_monotonic; 0 for not yet */
	unsigned refreshes;
	/* Until when nothing of a bucket is sent, by clock_monotonic. */
	int64_t blocked_until[BUCKETS];
};

enum api_request_state {
	API_REQUEST_READY,	 /* to be sent */
	API_REQUEST_SENT,	 /* under way */
	API_REQUEST_WAITING,	 /* to be sent again at wake_at */
	API_REQUEST_NEEDS_TOKEN, /* to be sent once the token is refreshed */
	API_REQUEST_DONE	 /* the result is set, good or bad */
};

/*
 * One GET, as a state machine: api_request_send moves it from READY or WAITING
 * to SENT, and client_next from there on. All is borrowed until it is DONE.
 */
struct api_request {
	struct client *client;
	struct result *result;
	const char *url;
	void *owner;
	enum api_request_state state;
	int64_t wake_at; /* by clock_monotonic */
	size_t bucket;	 /* of its endpoint */
	bool limited;	 /* it waits, or waited, for a limit of its bucket */
	bool background; /* it waits for no rate limit; set by the caller */
	struct retry retry;
	bool refreshed;	    /* the token was refreshed for this one */
	unsigned refreshes; /* the client's, when it was sent */
};

/* `max_body` in bytes: a larger one is an error. */
void result_init(struct result *, size_t max_body);
void result_release(struct result *);

/*
 * Begin one for an absolute URL; the caller has checked that it is one of the
 * API. `owner` is for the caller's use.
 */
void api_request_begin(struct api_request *, struct client *, const char *url,
    size_t bucket, struct result *, void *owner);

/* Send it, from READY or WAITING; or to NEEDS_TOKEN if that must come first. */
void api_request_send(struct api_request *);

/*
 * Refresh the token, from NEEDS_TOKEN to READY, or to DONE if that fails. Waits
 * for the response, so that no other transfer may be under way.
 */
void api_request_refresh(struct api_request *);

/*
 * Handle the next transfer that has ended: its request is then DONE, WAITING or
 * NEEDS_TOKEN. NULL if none has ended.
 */
struct api_request *client_next(struct client *);

/* Run one request to its end, while no other transfer is under way. */
void client_get(struct client *, const char *url, struct result *);

#endif
