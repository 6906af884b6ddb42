#include "rehearse/tokens.h"
#include "rehearse/chance.h"
#include "base/clock.h"

#include <string.h>

const char *tokens_refresh(struct tokens *t)
{
	char *text = t->refresh[t->refreshes % LOGINS_MAX];

	memcpy(text, "AQ", 2);
	chance_id(chance_mix(t->seed, "refresh", t->refreshes), text + 2,
	    REFRESH_LEN - 2);
	t->refreshes++;
	return text;
}

bool tokens_refreshes(struct tokens *t, const char *refresh, bool revoke)
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

struct code *tokens_code(struct tokens *t)
{
	struct code *c = &t->codes[t->coded % LOGINS_MAX];

	memset(c, 0, sizeof(*c));
	memcpy(c->text, "AQ", 2);
	chance_id(
	    chance_mix(t->seed, "code", t->coded), c->text + 2, CODE_LEN - 2);
	t->coded++;
	return c;
}

bool tokens_redeem(struct tokens *t, const char *text, struct code *out)
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

void tokens_init(struct tokens *t, uint64_t seed, int64_t lasts_ms)
{
	struct chance c = {chance_mix(seed, "client", 0)};

	memset(t, 0, sizeof(*t));
	t->seed = seed;
	t->lasts = lasts_ms;
	tokens_refresh(t);
	for (int i = 0; i < 32; i++)
		t->client_id[i] = "0123456789abcdef"[chance_below(&c, 16)];
}

const char *tokens_make(struct tokens *t)
{
	size_t i = t->made % TOKENS_MAX;

	memcpy(t->live[i].text, "BQ", 2);
	chance_id(chance_mix(t->seed, "access", t->made), t->live[i].text + 2,
	    ACCESS_LEN - 2);
	t->live[i].ends = clock_monotonic() + t->lasts;
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
