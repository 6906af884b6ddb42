#include "rehearse/tokens.h"
#include "rehearse/chance.h"
#include "base/clock.h"

#include <string.h>

static void make_refresh(struct tokens *t, uint64_t number)
{
	memcpy(t->refresh, "AQ", 2);
	chance_id(chance_mix(t->seed, "refresh", number), t->refresh + 2,
	    REFRESH_LEN - 2);
}

void tokens_init(struct tokens *t, uint64_t seed, int64_t lasts_ms)
{
	struct chance c = {chance_mix(seed, "client", 0)};

	memset(t, 0, sizeof(*t));
	t->seed = seed;
	t->lasts = lasts_ms;
	make_refresh(t, 0);
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

void tokens_rotate(struct tokens *t)
{
	make_refresh(t, t->made);
}
