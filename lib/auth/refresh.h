/* Refreshing an access token, RFC 6749 section 6. */
#ifndef SP_AUTH_REFRESH_H
#define SP_AUTH_REFRESH_H

#include <stdbool.h>

struct error;
struct retry_policy;
struct token;
struct token_file;
struct transfer;

/* All is borrowed. */
struct refresh {
	struct transfer *transfer;
	const struct retry_policy *policy;
	const char *url; /* of the token endpoint */
};

/*
 * Get a new access token and save it, unless another process has just done so.
 * A failed refresh does not change the file. False with 77 if only a new login
 * helps, 69 if the endpoint has no usable response, 75 if it is limited or
 * unavailable until later, 78 if it refuses the app or the file has become the
 * login of another user, 73 or 74 if the file cannot be written.
 */
bool token_refresh(const struct refresh *, struct token_file *, struct token *,
    struct error *);

#endif
