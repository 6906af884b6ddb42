#include "import/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* With a million rows, four in a thousand are noted without need. */
#define SIEVE_BYTES ((size_t)16 << 20)

void key_sieve_init(struct key_sieve *s)
{
	*s = (struct key_sieve){.bits = mem_zero(SIEVE_BYTES, 1)};
}

void key_sieve_release(struct key_sieve *s)
{
	free(s->bits);
}

void key_sieve_clear(struct key_sieve *s)
{
	if (s->used)
		memset(s->bits, 0, SIEVE_BYTES);
	s->used = false;
}

static struct key_count *find(struct repeats *r, uint64_t key)
{
	struct hash_walk w = hash_find(&r->table, key);

	while (hash_next(&w))
		if (r->keys[w.number].key == key)
			return &r->keys[w.number];
	return NULL;
}

void repeats_note(struct repeats *r, struct key_sieve *s, uint64_t key)
{
	size_t bit = (size_t)(key % (SIEVE_BYTES * 8));
	unsigned char mask = (unsigned char)(1 << bit % 8);
	size_t n = r->table.count;

	s->used = true;
	if (!(s->bits[bit / 8] & mask)) {
		s->bits[bit / 8] |= mask;
		return;
	}
	if (find(r, key))
		return;
	r->keys = mem_grow(r->keys, &r->room, n + 1, sizeof(*r->keys));
	r->keys[n] = (struct key_count){.key = key};
	hash_add(&r->table, key, (uint32_t)n);
}

uint32_t repeats_count(struct repeats *r, uint64_t key)
{
	struct key_count *k = find(r, key);

	return k ? ++k->count : 1;
}

void repeats_release(struct repeats *r)
{
	hash_release(&r->table);
	free(r->keys);
}
