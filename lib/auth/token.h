/*
 * The token file: one account's login, a JSON object of
 *
 *	client_id, client_secret (if the app has one), access_token,
 *	refresh_token, expires_at (RFC 3339), scope, user_id (learnt from the
 *	API), authorized_at (of the login, RFC 3339), token_url and api_url
 *	(unless they are the default ones)
 *
 * Unknown members are preserved. The file is replaced atomically, so that a
 * reader never sees half of it, and only its owner may read it.
 */
#ifndef SP_AUTH_TOKEN_H
#define SP_AUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/error.h"

#define TOKEN_FILE_MAX ((size_t)64 << 10)

/* An access token that expires within this many ms is refreshed first. */
#define TOKEN_MARGIN 60000

/* How many replaced secrets token_redact still looks for. */
#define TOKEN_RETIRED 16

/* Strings are owned; NULL if the file has none. */
struct token {
	const char *path; /* borrowed */
	char *client_id;
	char *client_secret;
	char *access_token;
	char *refresh_token;
	char *scope;
	char *user_id;
	char *token_url;
	char *api_url;
	int64_t expires_at; /* ms since 1970; 0 if unknown */
	int64_t authorized_at;
	struct buf text; /* the file as it was read */
	int lock;	 /* descriptor, or -1 */
	int temp;	 /* of the new file, or -1 */
	struct buf temp_path;
	char *retired[TOKEN_RETIRED]; /* private: replaced secrets */
	size_t next_retired;
};

/* `path` is borrowed. Nothing is read yet. */
void token_init(struct token *, const char *path);

/* Wipes what is secret. */
void token_release(struct token *);

/*
 * Read the file, again if it was read before. False if there is none (77), or
 * if it belongs to another user, is accessible to others, or is invalid (78).
 */
bool token_load(struct token *, struct error *);

/*
 * Lock the file against other processes of sp, and read it again. Call
 * token_unlock in any case.
 */
bool token_lock(struct token *, struct error *);

/*
 * The same for a login: creates the folder if needed. A missing file is not an
 * error, nor is an invalid one with `replace`.
 */
bool token_lock_new(struct token *, bool replace, struct error *);
void token_unlock(struct token *);

/*
 * While locked: create the file that is to replace this one, and allocate its
 * space. A folder that cannot be written or a full disk must be found before
 * the service issues a token that it issues only once.
 */
bool token_prepare(struct token *, struct error *);

/* Write the struct to the new file, and replace the old one with it. */
bool token_save(struct token *, struct error *);

/*
 * Swap all members of two tokens but for those that are not ours, which stay
 * in the file.
 */
void token_swap(struct token *, struct token *);

/* While locked: remove the file; true also if there was none. */
bool token_remove(struct token *, struct error *);

/*
 * When the refresh token expires, ms since 1970: six months after the login. 0
 * if that is not known.
 */
int64_t token_login_expires_at(const struct token *);

/* Set new tokens; an empty refresh token leaves the present one. */
void token_update(
    struct token *, struct slice access_token, struct slice refresh_token);

/* Wipe a member and replace it with a copy of `value`. */
void token_set(char **member, struct slice value);

/* Overwrite a secret with zeros, in a way that compilers do not remove. */
void token_wipe(void *, size_t n);

/*
 * Overwrite the token's secrets in a text with asterisks, in every form that
 * http/redact.h knows; also those that it had before a refresh.
 */
void token_redact(const struct token *, char *text, size_t n);

/* The same for one secret, which may be NULL. */
void secret_redact(const char *secret, char *text, size_t n);

#endif
