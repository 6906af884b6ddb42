/*
 * A login: authorization code with PKCE, RFC 6749 section 4.1 and RFC 8252,
 * from the authorization URL for the browser to the token file.
 */
#ifndef SP_API_LOGIN_H
#define SP_API_LOGIN_H

#include "auth/pkce.h"
#include "auth/token.h"
#include "http/origin.h"
#include "http/retry.h"
#include "http/transfer.h"

/* All pointers are borrowed; the rest is zero before login_begin. */
struct login {
	struct transfer *transfer;
	const struct retry_policy *policy;
	const char *client_id;
	const char *scope; /* separated by spaces */
	const char *auth_url, *token_url, *api_url;
	int port; /* of the redirect URI */
	struct pkce pkce;
	struct token token; /* the result */
	char redirect[64];  /* private */
	struct origin api;  /* private */
};

/*
 * Begin a login whose pointers and port are set. False with 71, no random
 * bytes, or 78, a service that secrets may not be sent to. Call login_release
 * in any case.
 */
bool login_begin(struct login *, struct error *);
void login_release(struct login *);

/* Append the authorization URL, for the user's browser. */
bool login_put_url(const struct login *, struct buf *);

/*
 * Exchange a code for tokens, and get the user's id. False with 69, 75, 77 or
 * 78, and a message without secrets.
 */
bool login_exchange(struct login *, const char *code, struct error *);

/*
 * Replace the token file at `path` with the result. False with 78 if that is
 * the login of another user, or invalid, unless `force`.
 */
bool login_save(struct login *, const char *path, bool force, struct error *);

#endif
