/*
 * The token file: one account's login, a JSON object of
 *
 *	client_id, client_secret (if the app has one), access_token,
 *	refresh_token, expires_at (RFC 3339), scope, user_id (learnt from the
 *	API), authorized_at (of the login, RFC 3339), token_url and api_url
 *	(where they are not the usual ones)
 *
 * Whatever else stands in it is kept as it is. It is replaced in one step,
 * so that a reader never sees half of one, and belongs to its owner alone.
 */
#ifndef SP_HTTP_TOKEN_H
#define SP_HTTP_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define TOKEN_FILE_MAX ((size_t)64 << 10)

/* An access token that ends within this many ms is renewed before its use. */
#define TOKEN_MARGIN 60000

/* Strings are owned; NULL where the file has none. */
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
	int temp;	 /* of the file in the making, or -1 */
	struct buf temp_path;
};

/* What is wrong: an exit status of sp(7), and words for people. */
struct trouble {
	int exit;
	int64_t until; /* when to come back, ms since 1970; 0 if unknown */
	char why[512];
};

/* Note what is wrong; returns false, to be returned on. */
bool trouble_set(struct trouble *, int exit, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* `path` is borrowed. Nothing is read yet. */
void token_init(struct token *, const char *path);

/* Wipes what is secret. */
void token_release(struct token *);

/*
 * Read the file, anew if it was read before. False where there is none (77),
 * or it is another user's, others may read it, or it makes no sense (78).
 */
bool token_load(struct token *, struct trouble *);

/*
 * Keep other processes from replacing the file, and read it anew. Follow with
 * token_unlock in any case.
 */
bool token_lock(struct token *, struct trouble *);

/*
 * The same for a login: make its folder if need be; a file that is not there
 * is no trouble, and with `replace` neither is one that makes no sense.
 */
bool token_lock_new(struct token *, bool replace, struct trouble *);
void token_unlock(struct token *);

/*
 * Open the file that is to replace this one, with room for it, while it is
 * locked: a folder that cannot be written, a disk that is full are better
 * known before the service hands out a login that works once only.
 */
bool token_prepare(struct token *, struct trouble *);

/* Write what the struct says, and replace the file with it. */
bool token_save(struct token *, struct trouble *);

/*
 * Put a new login in place of the old one, of which nothing is left but what
 * is none of ours; the other one then holds the old.
 */
void token_swap(struct token *, struct token *);

/* Remove the file, while it is locked; true as well if there was none. */
bool token_remove(struct token *, struct trouble *);

/*
 * When the login ends, whatever becomes of it, ms since 1970: six months
 * after it was made. 0 if that is not known.
 */
int64_t token_ends(const struct token *);

/* Put a copy of `value` in place of a member, which is wiped. */
bool token_set(char **member, struct slice value);

/* Overwrite what was secret, in a way that no compiler leaves out. */
void token_wipe(void *, size_t n);

/*
 * Overwrite every occurrence of a secret in a text with asterisks, however
 * JSON may write it.
 */
void token_scrub(const struct token *, char *text, size_t n);

/* The same of one secret, which may be NULL. */
void secret_scrub(const char *secret, char *text, size_t n);

#endif
