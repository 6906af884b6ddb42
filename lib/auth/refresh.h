/* Refreshing an access token, RFC 6749 section 6. */
#ifndef SP_AUTH_REFRESH_H
#define SP_AUTH_REFRESH_H

#include <stdbool.h>

struct retry_policy;
struct token;
struct transfer;
struct error;

/*
 * Get a new access token from `url`, the token endpoint, and save it, unless
 * another process has just done so. A failed refresh does not change the file.
 * False with 77 if only a new login helps, 69 if the endpoint has no usable
 * response, 75 if it is limited or unavailable until later, 78 if it refuses
 * the app or the file has become the login of another user, 73 or 74 if the
 * file cannot be written.
 */
bool token_refresh(struct token *, struct transfer *, const char *url,
    const struct retry_policy *, struct error *);

#endif
