/* Requests to the token endpoint, RFC 6749 section 5. */
#ifndef SP_AUTH_GRANT_H
#define SP_AUTH_GRANT_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/transfer.h"

struct retry_policy;
struct token;
struct error;

/* A token request; all is borrowed. */
struct grant {
	struct http_request request; /* with a form, which is POSTed */
	struct transfer *transfer;
	const struct retry_policy *policy;
	const char *ended; /* the message for invalid_grant */
	/* Removed from errors, as those of the token are; or NULL. */
	const char *secrets[2];
};

/*
 * Send it, with retries, and set the granted tokens, in memory only. False with
 * 77 for invalid_grant, 69 if there is no usable response, 75 if the endpoint
 * is limited or unavailable until later, 78 if it refuses the app.
 */
bool grant_request(const struct grant *, struct token *, struct error *);

#endif
