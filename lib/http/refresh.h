/* A new access token for the refresh token, RFC 6749 section 6. */
#ifndef SP_HTTP_REFRESH_H
#define SP_HTTP_REFRESH_H

#include <stdbool.h>

struct retry_policy;
struct token;
struct transfer;
struct trouble;

/*
 * Ask `url`, the token endpoint, for a new access token, unless another
 * process has just done so, and save it. A refresh that fails never changes
 * the file. False with 77 where only a new login helps, 69 where the service
 * does not answer, 75 where it is to be asked later, 78 where it does not
 * know the app or the file has become another user's login, 73 or 74 where it
 * cannot be written.
 */
bool refresh_login(struct token *, struct transfer *, const char *url,
    const struct retry_policy *, struct trouble *);

#endif
