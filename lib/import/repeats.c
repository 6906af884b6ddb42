#include "import/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* It grows, so that for small files it stays in the processor's cache. */
#define SIEVE_BYTES_MIN ((size_t)256 << 10)
#define SIEVE_BYTES_MAX ((size_t)16 << 20)
#define BITS_PER_KEY 64 /* at least, until it is as large as it may be */

void key_sieve_init(struct key_sieve *s)
{
	*s = (struct key_sieve){
	    .bits = mem_zero(SIEVE_BYTES_MIN, 1), .size = SIEVE_BYTES_MIN};
}

void key_sieve_release(struct key_sieve *s)
{
	free(s->bits);
}

void key_sieve_clear(struct key_sieve *s)
{
	if (s->count > 0)
		memset(s->bits, 0, SIEVE_BYTES_MIN);
	s->size = SIEVE_BYTES_MIN;
	s->count = 0;
}

/* Double it: a key's bit may now be either of two, so both are set. */
static void grow(struct key_sieve *s)
{
	s->bits = mem_resize(s->bits, 2 * s->size, 1);
	memcpy(s->bits + s->size, s->bits, s->size);
	s->size *= 2;
}

/* Mark a key's bit; whether it was marked. */
static bool is_marked(struct key_sieve *s, uint64_t key)
{
	size_t bit = (size_t)(key % (s->size * 8));
	unsigned char mask = (unsigned char)(1 << bit % 8);
	bool marked = s->bits[bit / 8] & mask;

	s->bits[bit / 8] |= mask;
	if (++s->count > s->size * 8 / BITS_PER_KEY &&
	    s->size < SIEVE_BYTES_MAX)
		grow(s);
	return marked;
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
	size_t n = r->table.count;

	if (!is_marked(s, key))
		return;
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
