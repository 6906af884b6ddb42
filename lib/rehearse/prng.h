/*
 * A pseudo-random generator: every draw is a pure function of the seed, on
 * every machine.
 */
#ifndef SP_REHEARSE_PRNG_H
#define SP_REHEARSE_PRNG_H

#include <stdint.h>

#define SPOTIFY_ID_LEN 22

struct prng {
	uint64_t state;
};

/* A seed for one purpose out of another seed and the purpose's name. */
uint64_t prng_derive(uint64_t seed, const char *name, uint64_t number);

/* Next 64 random bits (splitmix64). */
uint64_t prng_next(struct prng *);

/* A number from 0 to n - 1; n must not be 0. */
uint64_t prng_below(struct prng *, uint64_t n);

/* A number from lo to hi, both included. */
int64_t prng_between(struct prng *, int64_t lo, int64_t hi);

/* An index below n, favouring the low ones: about 1/k for the k-th. */
uint64_t prng_zipf(struct prng *, uint64_t n);

/* Write len base-62 characters and a NUL to text (len + 1 bytes). */
void prng_id(uint64_t seed, char *text, int len);

#endif
