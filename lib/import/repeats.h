/*
 * Which rows of a file are equal to an earlier one, found in two passes and in
 * little memory: the first pass finds the keys that may come twice, and the
 * second counts how often each of these comes.
 */
#ifndef SP_IMPORT_REPEATS_H
#define SP_IMPORT_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct key_count {
	uint64_t key;
	uint32_t count; /* in the second pass */
};

/* The keys of a file that may come twice. All zeros is empty. */
struct repeats {
	struct hash table; /* where in `keys` */
	struct key_count *keys;
	size_t room;
};

/*
 * A bit for each of many ranges of keys: whether one of them came. It is
 * cleared for each file.
 */
struct key_sieve {
	unsigned char *bits;
	size_t size;  /* bytes */
	size_t count; /* keys, since it was cleared */
};

void key_sieve_init(struct key_sieve *);
void key_sieve_release(struct key_sieve *);
void key_sieve_clear(struct key_sieve *);

/* The first pass: note a row's key. */
void repeats_note(struct repeats *, struct key_sieve *, uint64_t key);

/* The second pass: which of the rows of this key this one is, from 1. */
uint32_t repeats_count(struct repeats *, uint64_t key);

void repeats_release(struct repeats *);

#endif
