#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SIZE_FIRST ((size_t)64)
#define COUNT_MAX ((size_t)1 << 31)
#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* Have every bit of the result, of its upper half above all, depend on all. */
static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 29) * MIX;
	return v ^ v >> 32;
}

static uint64_t load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static uint64_t step(uint64_t h, uint64_t w)
{
	h = (h ^ w) * MIX;
	return h ^ h >> 32;
}

uint64_t hash_bytes(uint64_t seed, struct slice s)
{
	uint64_t h = seed ^ s.n * MIX, g = 0, w = 0;

	/* Two sums, because the processor can do their steps at once. */
	for (; s.n >= 16; s = slice_from(s, 16)) {
		h = step(h, load(s.p));
		g = step(g, load(s.p + 8));
	}
	h = step(h, g);
	if (s.n >= 8) {
		h = step(h, load(s.p));
		s = slice_from(s, 8);
	}
	if (s.n)
		memcpy(&w, s.p, s.n);
	return mix(h ^ w);
}

void hash_release(struct hash *h)
{
	free(h->slots);
	*h = (struct hash){.count = 0};
}

void hash_clear(struct hash *h)
{
	if (h->count < h->size / 16 && h->size > SIZE_FIRST) {
		h->size /= 2;
		h->slots = mem_resize(h->slots, h->size, sizeof(*h->slots));
	}
	if (h->size)
		memset(h->slots, 0, h->size * sizeof(*h->slots));
	h->count = 0;
}

/* Put into the first free slot. There always is one. */
static void put(struct hash *h, uint64_t slot)
{
	size_t at = (size_t)(slot >> 32);

	while (h->slots[at & (h->size - 1)])
		at++;
	h->slots[at & (h->size - 1)] = slot;
}

/* Double the slots. The half of a hash in each is enough to move it. */
static void grow(struct hash *h)
{
	struct hash old = *h;

	if (h->count >= COUNT_MAX)
		mem_exhausted();
	h->size = old.size ? old.size * 2 : SIZE_FIRST;
	h->slots = mem_zero(h->size, sizeof(*h->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i])
			put(h, old.slots[i]);
	free(old.slots);
}

void hash_add(struct hash *h, uint64_t hash, uint32_t number)
{
	if (h->count >= h->size / 2)
		grow(h);
	put(h, hash >> 32 << 32 | (number + 1));
	h->count++;
}

void hash_set_release(struct hash_set *s)
{
	hash_release(&s->table);
	free(s->values);
	*s = (struct hash_set){.room = 0};
}

void hash_set_clear(struct hash_set *s)
{
	hash_clear(&s->table);
}

bool hash_set_has(const struct hash_set *s, uint64_t value)
{
	struct hash_walk w = hash_find(&s->table, mix(value));

	while (hash_next(&w))
		if (s->values[w.number] == value)
			return true;
	return false;
}

bool hash_set_add(struct hash_set *s, uint64_t value)
{
	size_t n = s->table.count;

	if (hash_set_has(s, value))
		return false;
	s->values = mem_grow(s->values, &s->room, n + 1, sizeof(*s->values));
	s->values[n] = value;
	hash_add(&s->table, mix(value), (uint32_t)n);
	return true;
}
