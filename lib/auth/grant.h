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
	struct http_request request;
	const struct retry_policy *policy;
	const char *ended; /* the message for invalid_grant */
	/* Not to be shown in errors, besides those of the token; or NULL. */
	const char *secrets[2];
};

/*
 * POST the request's form, with retries, and set the granted tokens; the token
 * file is not changed. False with 77 for invalid_grant, 69 if there is no
 * usable response, 75 if the endpoint is limited or unavailable until later,
 * 78 if it refuses the app.
 */
bool grant_request(
    const struct grant *, struct token *, struct transfer *, struct error *);

#endif
