#include "base/clock.h"
#include "rehearse/prng.h"
#include "rehearse/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Write a token of len characters that begins with the kind and the mark. */
static void make_token(const struct tokens *t, const char *kind, uint64_t seed,
    char *text, int len)
{
	int n = snprintf(text, (size_t)len + 1, "%s%s", kind, t->mark);

	prng_id(seed, text + n, len - n);
}

int tokens_user(const char *token)
{
	char *end;
	long n = strlen(token) > 2 ? strtol(token + 2, &end, 10) : 0;

	return n > 0 && n < INT32_MAX && *end == '.' ? (int)n : 0;
}

const char *tokens_new_refresh(struct tokens *t)
{
	char *text = t->refresh[t->refreshes % LOGINS_MAX];

	make_token(t, "AQ", prng_derive(t->seed, "refresh", t->refreshes), text,
	    REFRESH_LEN);
	t->refreshes++;
	return text;
}

bool tokens_accept_refresh(struct tokens *t, const char *refresh, bool revoke)
{
	for (size_t i = 0; *refresh != '\0' && i < LOGINS_MAX; i++) {
		if (strcmp(t->refresh[i], refresh) != 0)
			continue;
		if (revoke)
			t->refresh[i][0] = '\0';
		return true;
	}
	return false;
}

struct auth_code *tokens_code(struct tokens *t)
{
	struct auth_code *c = &t->codes[t->coded % LOGINS_MAX];

	memset(c, 0, sizeof(*c));
	make_token(
	    t, "AQ", prng_derive(t->seed, "code", t->coded), c->text, CODE_LEN);
	t->coded++;
	return c;
}

bool tokens_redeem(struct tokens *t, const char *text, struct auth_code *out)
{
	for (size_t i = 0; *text != '\0' && i < LOGINS_MAX; i++) {
		if (strcmp(t->codes[i].text, text) != 0)
			continue;
		*out = t->codes[i];
		t->codes[i].text[0] = '\0';
		return true;
	}
	return false;
}

void tokens_init(struct tokens *t, uint64_t seed, int user)
{
	struct prng c = {prng_derive(seed, "client", 0)};

	memset(t, 0, sizeof(*t));
	t->seed = seed;
	if (user > 0)
		snprintf(t->mark, sizeof(t->mark), "%d.", user);
	tokens_new_refresh(t);
	for (int i = 0; i < 32; i++)
		t->client_id[i] = "0123456789abcdef"[prng_below(&c, 16)];
}

const char *tokens_make(struct tokens *t)
{
	size_t i = t->made % TOKENS_MAX;

	make_token(t, "BQ", prng_derive(t->seed, "access", t->made),
	    t->live[i].text, ACCESS_LEN);
	t->live[i].ends = clock_monotonic() + TOKEN_SECONDS * 1000;
	t->made++;
	return t->live[i].text;
}

bool tokens_valid(const struct tokens *t, const char *access)
{
	int64_t now = clock_monotonic();

	for (size_t i = 0; i < TOKENS_MAX && i < t->made; i++) {
		if (strcmp(t->live[i].text, access) == 0)
			return now < t->live[i].ends;
	}
	return false;
}

void tokens_expire(struct tokens *t)
{
	for (size_t i = 0; i < TOKENS_MAX; i++)
		t->live[i].ends = 0;
}
