/*
 * A login: authorization code with PKCE, RFC 6749 section 4.1 and RFC 8252,
 * from the address that a browser is to open to the token file.
 */
#ifndef SP_HTTP_LOGIN_H
#define SP_HTTP_LOGIN_H

#include "http/pkce.h"
#include "http/retry.h"
#include "http/token.h"
#include "http/transfer.h"
#include "http/url.h"

/* All pointers are borrowed. */
struct login {
	struct transfer *transfer;
	const struct retry_policy *policy;
	const char *client_id;
	const char *scope; /* with spaces between */
	const char *auth_url, *token_url, *api_url;
	int port; /* that the browser comes back to */
	struct pkce pkce;
	struct token token; /* what it brings; of no file */
	char redirect[64];  /* private */
	struct origin api;  /* private */
};

/*
 * Begin one whose pointers are set. False with 71 or 78: no random bytes, a
 * service that may not be told secrets. Follow with login_release in any case.
 */
bool login_begin(struct login *, struct error *);
void login_release(struct login *);

/* Append the address that the user's browser is to open. */
bool login_put_url(const struct login *, struct buf *);

/*
 * Have tokens for a code, and ask whose they are. False with 69, 75, 77, 78;
 * then why it did not work, in words that hold no secret.
 */
bool login_redeem(struct login *, const char *code, struct error *);

/*
 * Put what it brought into the file of `path`, which it replaces. False with
 * 78 if that has a login of another user, or makes no sense, unless `force`.
 */
bool login_keep(struct login *, const char *path, bool force, struct error *);

/* Whether the service granted this scope. */
bool login_has_scope(const struct login *, struct slice scope);

#endif
