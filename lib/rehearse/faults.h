/* Injected faults: a queue, each for some requests. */
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
	FAULT_ROTATE, /* the token endpoint gives a new refresh token */
	FAULT_DENIED, /* the user refuses the consent */
	FAULT_STATE,  /* the login comes back with another state */
};

struct fault {
	enum fault_kind kind;
	char name[16]; /* the kind as it was spelled */
	int status;
	int64_t retry_after; /* seconds; -1: no header */
	int64_t ms, byte;
	int64_t times; /* requests left; 0: for ever */
	int64_t skip;  /* requests to let pass first */
	bool plain;
	bool swap;	/* the change leaves the total as it was */
	char path[256]; /* a prefix of the url; empty matches all */
	char message[160], reason[64], error[64], to[256];
};

struct faults {
	struct fault queue[FAULTS_MAX];
	int count;
};

/*
 * Read a specification such as kind=429&retry_after=2&times=3. On failure
 * *why says what is wrong, in words that last.
 */
bool fault_read(struct fault *, const char *spec, const char **why);

/* Put one at the end of the queue; false if it is full. */
bool faults_add(struct faults *, const struct fault *);

/* The fault for a url, if there is one, copied into *out and counted off. */
bool faults_next(struct faults *, const char *url, struct fault *out);

/* True if this kind answers in place of the API. */
bool fault_replaces(const struct fault *);

/*
 * Apply a fault to a response: make it from nothing if the kind replaces it,
 * else change the API's. base is this server's origin.
 */
void fault_apply(const struct fault *, const struct mock_request *,
    const char *base, struct mock_response *);

#endif
