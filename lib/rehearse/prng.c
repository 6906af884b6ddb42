#include "rehearse/prng.h"

uint64_t prng_next(struct prng *c)
{
	uint64_t z = (c->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t prng_derive(uint64_t seed, const char *name, uint64_t number)
{
	struct prng c = {seed};
	uint64_t h = 0xcbf29ce484222325u ^ prng_next(&c);

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	c.state = h + number * 0xd6e8feb86659fd93u;
	return prng_next(&c);
}

uint64_t prng_below(struct prng *c, uint64_t n)
{
	/* The bias is below 2^-40 for every n used here. */
	return prng_next(c) % n;
}

int64_t prng_between(struct prng *c, int64_t lo, int64_t hi)
{
	return lo + (int64_t)prng_below(c, (uint64_t)(hi - lo) + 1);
}

uint64_t prng_zipf(struct prng *c, uint64_t n)
{
	/*
	 * Draw the power of two, then within it: a staircase under 1/k, in
	 * whole numbers so that no machine's rounding shows.
	 */
	unsigned steps = 0;
	uint64_t low, high;

	while (steps < 62 && ((uint64_t)1 << (steps + 1)) <= n)
		steps++;
	low = (uint64_t)1 << prng_below(c, steps + 1);
	high = low * 2 - 1 < n ? low * 2 - 1 : n;
	return low - 1 + prng_below(c, high - low + 1);
}

void prng_id(uint64_t seed, char *text, int len)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct prng c = {seed};

	for (int i = 0; i < len; i++)
		text[i] = digits[prng_below(&c, 62)];
	text[len] = '\0';
}
