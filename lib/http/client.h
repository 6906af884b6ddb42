/*
 * A client of the Web API: one GET as it is meant to be asked, with a login
 * that is renewed when it ends, short waits waited out, faults tried again,
 * and long waits told to the caller.
 */
#ifndef SP_HTTP_CLIENT_H
#define SP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "http/retry.h"
#include "http/token.h"
#include "http/transfer.h"
#include "stream/bucket.h"

enum answer_kind {
	ANSWER_GOOD,	 /* 2xx with JSON, or with nothing where that is due;
			    304 to one that has an etag */
	ANSWER_DENIED,	 /* a 4xx that is an answer: 403, 404 and the like */
	ANSWER_REDIRECT, /* another 3xx, which is not followed */
	ANSWER_LIMITED,	 /* 429 or 5xx, the wait too long; error.until */
	ANSWER_BROKEN,	 /* another 5xx or no JSON, to the last try */
	ANSWER_NONE,	 /* nothing whole came, to the last try; or a 304
			    that was not asked for */
	ANSWER_NO_LOGIN	 /* no token to ask with */
};

struct answer {
	enum answer_kind kind;
	struct reply reply; /* without meaning for NONE and NO_LOGIN */
	struct error error; /* unless it is good */
	bool account;	    /* limited: the developer account, in all */
};

/* All is borrowed; the token and its file change when the login is renewed. */
struct client {
	struct transfer *transfer;
	struct token *token;   /* loaded */
	const char *token_url; /* NULL: never renew */
	struct retry_policy policy;
	int64_t renewed_at; /* by clock_monotonic; 0 for not yet */
	unsigned renewals;
	/* Until when nothing of a bucket is sent, by clock_monotonic. */
	int64_t blocked_until[BUCKETS];
};

enum get_state {
	GET_READY,   /* to be asked */
	GET_ASKED,   /* under way */
	GET_WAITING, /* to be asked again at wake_at */
	GET_LOGIN,   /* to be asked once the login is renewed */
	GET_DONE     /* answered, for good or bad */
};

/*
 * One GET, as a state machine: get_ask takes it from ready or waiting to
 * asked, client_next from there on. All is borrowed until it is done.
 */
struct get {
	struct client *client;
	struct answer *answer;
	const char *url;
	const char *etag; /* for If-None-Match, or NULL; may be set */
	void *owner;
	enum get_state state;
	int64_t wake_at; /* by clock_monotonic */
	size_t bucket;	 /* of what it asks for */
	bool limited;	 /* it waits, or waited, for a limit of that */
	struct retry retry;
	bool renewed;	   /* the login, for this one */
	unsigned renewals; /* of the login that it was asked with */
};

/* Initialise with the largest body to take, in bytes. */
void answer_init(struct answer *, size_t max_body);
void answer_release(struct answer *);

/*
 * Begin one for an absolute URL, which the caller has checked to be the
 * API's. `answer` and `owner` are the caller's.
 */
void get_begin(struct get *, struct client *, const char *url, size_t bucket,
    struct answer *answer, void *owner);

/* Ask, from ready or waiting; the login may want to be renewed first. */
void get_ask(struct get *);

/* Renew the login, from login to ready; only while no get is under way. */
void get_log_in(struct get *);

/* Move one on whose transfer has ended, and return it; NULL if none has. */
struct get *client_next(struct client *);

/* Do one from first to last, while no other is under way. */
void client_get(struct client *, const char *url, struct answer *);

#endif
