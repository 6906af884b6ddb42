/*
 * Access and refresh tokens: they look random and come from the seed, so a
 * server started again with the same seed knows the same tokens.
 */
#ifndef SP_REHEARSE_TOKENS_H
#define SP_REHEARSE_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#define ACCESS_LEN 180
#define REFRESH_LEN 131
#define CODE_LEN 200
#define TOKENS_MAX 32 /* the oldest access token gives way */
#define LOGINS_MAX 8  /* and the oldest login */

/* A code to be had tokens for: what it was asked with. */
struct auth_code {
	char text[CODE_LEN + 1];
	char challenge[64]; /* RFC 7636, by S256 */
	char redirect[256];
	char scope[1024];
};

struct tokens {
	uint64_t seed;
	int64_t lasts; /* ms of real time */
	uint64_t made; /* access tokens so far */
	struct {
		char text[ACCESS_LEN + 1];
		int64_t ends; /* on the steady clock */
	} live[TOKENS_MAX];
	char refresh[LOGINS_MAX][REFRESH_LEN + 1];
	uint64_t refreshes; /* so far */
	struct auth_code codes[LOGINS_MAX];
	uint64_t coded;	  /* so far */
	char scope[1024]; /* of the last login, and so of every token */
	char client_id[33];
};

void tokens_init(struct tokens *, uint64_t seed, int64_t lasts_ms);

/* A new access token, borrowed until TOKENS_MAX others were made. */
const char *tokens_make(struct tokens *);

bool tokens_valid(const struct tokens *, const char *access);

/* End every access token now. */
void tokens_expire(struct tokens *);

/* A new refresh token, for a new login; borrowed as a new access token is. */
const char *tokens_new_refresh(struct tokens *);

/* Whether it is one; and if so, perhaps take it away. */
bool tokens_accept_refresh(struct tokens *, const char *refresh, bool revoke);

/* Room for a new code, its text made, the rest empty. */
struct auth_code *tokens_code(struct tokens *);

/* Copy the code of this text to *out, and forget it; false if there is none. */
bool tokens_redeem(struct tokens *, const char *text, struct auth_code *out);

#endif
