/* Hash tables, against a model: random operations on a sorted array. */
#include "base/hash.h"

#include <stdlib.h>

#include "unit/tap.h"

#define KEYS 5000

/* Known keys, whose numbers are their places; and what a model has of them. */
static char keys[KEYS][12];
static bool model[KEYS];

static uint64_t seed = 88172645463325252;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* A hash of which so many bits are left, for keys that collide. */
static uint64_t hash_of(uint32_t key, uint64_t bits)
{
	return hash_bytes(0, slice_of(keys[key])) & bits;
}

/* How often a table has a key. */
static int count_of(const struct hash *h, uint32_t key, uint64_t bits)
{
	struct hash_walk w = hash_find(h, hash_of(key, bits));
	int n = 0;

	while (hash_next(&w))
		n += slice_is(slice_of(keys[w.number]), keys[key]);
	return n;
}

/* Look up and add at random, and start over now and then. */
static void check_model(uint32_t span, uint64_t bits, const char *name)
{
	struct hash h = {.count = 0};
	size_t wrong = 0, count = 0;

	memset(model, 0, sizeof(model));
	for (int i = 0; i < 20000; i++) {
		uint32_t key = below(span);

		wrong += count_of(&h, key, bits) != model[key];
		if (!model[key]) {
			hash_add(&h, hash_of(key, bits), key);
			model[key] = true;
			count++;
		}
		wrong += h.count != count || h.size < 2 * count;
		if (below(4000) == 0) {
			hash_clear(&h);
			memset(model, 0, sizeof(model));
			count = 0;
		}
	}
	for (uint32_t key = 0; key < span; key++)
		wrong += count_of(&h, key, bits) != model[key];
	is_int((int64_t)wrong, 0, "%s", name);
	hash_release(&h);
	ok(h.slots == NULL && h.size == 0, "released");
}

static void check_clear(void)
{
	struct hash h = {.count = 0};
	size_t size;

	is_int(count_of(&h, 0, UINT64_MAX), 0, "an empty table has nothing");
	hash_clear(&h);
	ok(h.slots == NULL, "and is cleared without memory");
	for (uint32_t key = 0; key < KEYS; key++)
		hash_add(&h, hash_of(key, UINT64_MAX), key);
	size = h.size;
	hash_clear(&h);
	ok(h.size == size, "a full table keeps its size");
	is_int(count_of(&h, 1, UINT64_MAX), 0, "but no entries");
	for (int i = 0; i < 20; i++)
		hash_clear(&h);
	ok(h.size < 100, "one that is hardly used becomes small");
	hash_add(&h, hash_of(1, UINT64_MAX), 1);
	is_int(count_of(&h, 1, UINT64_MAX), 1, "and goes on");
	hash_release(&h);
	hash_add(&h, 0, UINT32_MAX - 1);
	ok(h.slots[0] != 0, "the greatest number fits beside hash 0");
	hash_release(&h);
}

/* How far from its place the worst of some keys is, at half full. */
static size_t worst_walk(uint64_t step)
{
	struct hash h = {.count = 0};
	size_t worst = 0;

	for (uint32_t i = 0; i < 4096; i++) {
		uint64_t v = i * step;
		struct slice key = {(const char *)&v, sizeof(v)};
		uint64_t hash = hash_bytes(0, key);
		size_t at = (size_t)(hash >> 32), n = 0;

		for (; h.size && h.slots[at & (h.size - 1)]; at++)
			n++;
		worst = n > worst ? n : worst;
		hash_add(&h, hash, i);
	}
	hash_release(&h);
	return worst;
}

static void check_bytes(void)
{
	static const char text[] = "0123456789abcdef0123456789abcdef";
	size_t same = 0;

	for (size_t n = 0; n + 1 < sizeof(text); n++)
		same += hash_bytes(0, (struct slice){text, n}) ==
			hash_bytes(0, (struct slice){text, n + 1});
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		char other[sizeof(text)];

		memcpy(other, text, sizeof(text));
		other[i] ^= 1;
		same += hash_bytes(0, slice_of(text)) ==
			hash_bytes(0, slice_of(other));
	}
	is_int((int64_t)same, 0, "every byte counts, and their number");
	ok(hash_bytes(1, SLICE("a")) != hash_bytes(2, SLICE("a")),
	    "and the seed");
	ok(hash_bytes(0, SLICE("abcdefghij")) ==
		hash_bytes(0, slice_from(slice_of("xabcdefghij"), 1)),
	    "wherever they are");
	is_int(
	    (int64_t)hash_bytes(0, (struct slice){NULL, 0}), 0, "nothing is 0");
	for (unsigned shift = 0; shift < 52; shift += 4)
		ok(worst_walk(UINT64_C(1) << shift) < 64,
		    "keys that differ from bit %u on are spread", shift);
}

static void check_set(void)
{
	struct hash_set s = {.room = 0};
	size_t wrong = 0;

	memset(model, 0, sizeof(model));
	for (int i = 0; i < 20000; i++) {
		uint32_t key = below(KEYS);
		uint64_t value = key * (UINT64_C(1) << 40);

		wrong += hash_set_has(&s, value) != model[key];
		wrong += hash_set_add(&s, value) == model[key];
		model[key] = true;
		if (below(8000) == 0) {
			hash_set_clear(&s);
			memset(model, 0, sizeof(model));
		}
	}
	is_int((int64_t)wrong, 0, "a set, against its model");
	hash_set_release(&s);
	ok(hash_set_add(&s, 0) && hash_set_add(&s, UINT64_MAX) &&
		!hash_set_add(&s, 0) && hash_set_has(&s, UINT64_MAX),
	    "any value is one");
	hash_set_release(&s);
}

int main(void)
{
	for (uint32_t key = 0; key < KEYS; key++)
		snprintf(keys[key], sizeof(keys[key]), "%" PRIu32, key);
	check_model(KEYS, UINT64_MAX, "many keys");
	check_model(40, UINT64_MAX, "few keys");
	check_model(300, 0, "keys of one hash");
	check_model(2000, UINT64_C(0xf) << 36, "of few");
	check_model(KEYS, UINT64_C(0xffffffff00000000), "of half a hash");
	check_clear();
	check_bytes();
	check_set();
	return tap_done();
}
