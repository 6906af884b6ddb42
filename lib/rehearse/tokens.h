/*
 * Access and refresh tokens of one user, derived from the seed: a server that
 * is started again with the same seed accepts the same tokens.
 */
#ifndef SP_REHEARSE_TOKENS_H
#define SP_REHEARSE_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#define ACCESS_LEN 180
#define REFRESH_LEN 131
#define CODE_LEN 200
#define TOKEN_SECONDS 3600 /* how long access tokens last, in real time */
#define TOKENS_MAX 32	   /* the oldest access token is dropped */
#define LOGINS_MAX 8	   /* and so is the oldest login */

/* An authorization code, and what it was requested with. */
struct auth_code {
	char text[CODE_LEN + 1];
	char challenge[64]; /* RFC 7636, by S256 */
	char redirect[256];
	char scope[1024];
};

struct tokens {
	uint64_t seed;
	char mark[12]; /* after "BQ" or "AQ": whose they are; "" or "7." */
	uint64_t made; /* access tokens so far */
	struct {
		char text[ACCESS_LEN + 1];
		int64_t ends; /* by clock_monotonic */
	} live[TOKENS_MAX];
	char refresh[LOGINS_MAX][REFRESH_LEN + 1];
	uint64_t refreshes; /* so far */
	struct auth_code codes[LOGINS_MAX];
	uint64_t coded;	  /* so far */
	char scope[1024]; /* of the last login, for every token */
	char client_id[33];
};

/* The tokens of user number `user`, from 0; the app is the same for all. */
void tokens_init(struct tokens *, uint64_t seed, int user);

/* The number of the user that an access or refresh token names; 0 if none. */
int tokens_user(const char *token);

/* A new access token, borrowed until TOKENS_MAX others are made. */
const char *tokens_make(struct tokens *);

bool tokens_valid(const struct tokens *, const char *access);

/* Expire all access tokens. */
void tokens_expire(struct tokens *);

/* A new refresh token, borrowed until LOGINS_MAX others are made. */
const char *tokens_new_refresh(struct tokens *);

/* Whether it is valid; with `revoke`, for the last time. */
bool tokens_accept_refresh(struct tokens *, const char *refresh, bool revoke);

/* A new code; the caller sets all but its text. */
struct auth_code *tokens_code(struct tokens *);

/* Move the code of this text to *out; false if there is none. */
bool tokens_redeem(struct tokens *, const char *text, struct auth_code *out);

#endif
