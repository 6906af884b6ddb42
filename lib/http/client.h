/*
 * A client of the Web API: one GET as it is meant to be asked, with a login
 * that is renewed when it ends, short waits waited out, faults tried again,
 * and long waits told to the caller.
 */
#ifndef SP_HTTP_CLIENT_H
#define SP_HTTP_CLIENT_H

#include <stdint.h>

#include "http/retry.h"
#include "http/token.h"
#include "http/transfer.h"

enum answer_kind {
	ANSWER_GOOD,	 /* 2xx with JSON, or with nothing where that is due */
	ANSWER_DENIED,	 /* a 4xx that is an answer: 403, 404 and the like */
	ANSWER_REDIRECT, /* 3xx, which is not followed */
	ANSWER_LIMITED,	 /* 429 or 5xx, the wait too long; trouble.until */
	ANSWER_BROKEN,	 /* another 5xx or no JSON, to the last try */
	ANSWER_NONE,	 /* nothing whole came, to the last try */
	ANSWER_NO_LOGIN	 /* no token to ask with */
};

struct answer {
	enum answer_kind kind;
	struct reply reply;	/* without meaning for NONE and NO_LOGIN */
	struct trouble trouble; /* unless it is good */
	bool account;		/* limited: the developer account, in all */
};

/* All is borrowed; the token and its file change when the login is renewed. */
struct client {
	struct transfer *transfer;
	struct token *token; /* loaded */
	const char *token_url;
	struct retry_policy policy;
	int64_t renewed_at; /* by clock_monotonic; 0 for not yet */
};

/* Initialise with the largest body to take, in bytes. */
void answer_init(struct answer *, size_t max_body);
void answer_release(struct answer *);

/* Ask for an absolute URL, which the caller has checked to be the API's. */
void client_get(struct client *, const char *url, struct answer *);

#endif
