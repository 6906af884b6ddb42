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
#define TOKENS_MAX 32 /* the oldest access token gives way */

struct tokens {
	uint64_t seed;
	int64_t lasts; /* ms of real time */
	uint64_t made; /* access tokens so far */
	struct {
		char text[ACCESS_LEN + 1];
		int64_t ends; /* on the steady clock */
	} live[TOKENS_MAX];
	char refresh[REFRESH_LEN + 1];
	char client_id[33];
};

void tokens_init(struct tokens *, uint64_t seed, int64_t lasts_ms);

/* A new access token, borrowed until TOKENS_MAX others were made. */
const char *tokens_make(struct tokens *);

bool tokens_valid(const struct tokens *, const char *access);

/* End every access token now. */
void tokens_expire(struct tokens *);

/* A new refresh token in place of the old one, which is worth nothing now. */
void tokens_rotate(struct tokens *);

#endif
