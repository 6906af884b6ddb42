/*
 * The login of one account, as it is in memory and as JSON: an object of
 *
 *	client_id, client_secret (if the app has one), access_token,
 *	refresh_token, expires_at (RFC 3339), scope, user_id (learnt from the
 *	API), authorized_at (of the login, RFC 3339), token_url and api_url
 *	(unless they are the default ones)
 */
#ifndef SP_AUTH_TOKEN_H
#define SP_AUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define TOKEN_FILE_MAX ((size_t)64 << 10) /* bytes of the JSON */

/* An access token that expires within this many ms is refreshed first. */
#define TOKEN_MARGIN 60000

/* How many replaced secrets token_redact still looks for. */
#define TOKEN_RETIRED 16

/* Strings are owned; NULL if unknown. All zero is an empty one. */
struct token {
	char *client_id;
	char *client_secret;
	char *access_token;
	char *refresh_token;
	char *scope; /* those granted, separated by spaces */
	char *user_id;
	char *token_url;
	char *api_url;
	int64_t expires_at; /* of the access token, ms since 1970; or 0 */
	int64_t authorized_at;
	char *retired[TOKEN_RETIRED]; /* private: replaced secrets */
	size_t next_retired;
};

/* Wipes what is secret. */
void token_release(struct token *);

/* Wipe all members; token_redact still looks for the secrets. */
void token_clear(struct token *);

/* Parse JSON into a cleared token; NULL, or what is wrong with it. */
const char *token_parse(struct token *, struct slice json);

/*
 * Append it as JSON, a line. `before` is the present text of the file, or
 * empty: members of it that are none of ours are preserved.
 */
void token_put(const struct token *, struct slice before, struct buf *);

/* Set new tokens; an empty refresh token leaves the present one. */
void token_update(
    struct token *, struct slice access_token, struct slice refresh_token);

/* Overwrite its secrets, also those that were replaced; see secret_redact. */
void token_redact(const struct token *, char *text, size_t n);

/*
 * When the refresh token expires, ms since 1970: six months after the login. 0
 * if that is unknown.
 */
int64_t token_login_expires_at(const struct token *);

#endif
