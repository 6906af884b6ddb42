/* Injected faults: a queue, in which each is for some requests. */
#ifndef SP_REHEARSE_FAULTS_H
#define SP_REHEARSE_FAULTS_H

#include "rehearse/exchange.h"

#include <stdbool.h>
#include <stdint.h>

#define FAULTS_MAX 128

enum fault_kind {
	FAULT_STATUS, /* an error status of the API, or 304 */
	FAULT_SLOW,
	FAULT_DRIP,
	FAULT_CUT,
	FAULT_RESET,
	FAULT_HTML,
	FAULT_BADJSON,
	FAULT_BADNEXT,
	FAULT_SELFNEXT,
	FAULT_REDIRECT,
	FAULT_HUGE,
	FAULT_CHANGE, /* the playlist changes before this page of it */
	FAULT_ROTATE, /* the token endpoint issues a new refresh token */
	FAULT_DENIED, /* the user refuses consent */
	FAULT_STATE,  /* the login is redirected with another state */
};

struct fault {
	enum fault_kind kind;
	char name[16]; /* the kind as it is written */
	int status;
	int64_t retry_after; /* seconds; -1: no header */
	int64_t ms, byte;
	int64_t times;	/* requests left; 0: every one */
	int64_t skip;	/* requests to let pass first */
	int64_t plain;	/* not 0: the body is the message, as plain text */
	char mode[8];	/* of a change: "add", or "swap" with the same total */
	char path[256]; /* a prefix of the URL; empty matches all */
	char message[160], reason[64], error[64], to[256];
};

struct faults {
	struct fault queue[FAULTS_MAX];
	int count;
};

/*
 * Parse a specification such as kind=429&retry_after=2&times=3. Returns what
 * is wrong with it, a constant, or NULL.
 */
const char *fault_read(struct fault *, struct slice spec);

/* Append to the queue; false if it is full. */
bool faults_add(struct faults *, const struct fault *);

/* Find the fault for a URL: copied to *out, and used up once. */
bool faults_next(struct faults *, const char *url, struct fault *out);

/* Whether the response is made by this kind of fault alone. */
bool fault_replaces(const struct fault *);

/*
 * Apply a fault to a response: an empty one if fault_replaces, else the one of
 * the API. base is this server's origin.
 */
void fault_apply(const struct fault *, const struct mock_request *,
    const char *base, struct mock_response *);

#endif
