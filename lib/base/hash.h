/*
 * Hash tables. A table maps the hash of a key to a 32-bit number: where the
 * caller's entry is, by its index in an array or its offset in a buf. Keys and
 * entries stay with the caller, who compares keys; so they may be of any form,
 * and move as their storage grows.
 *
 * A look-up walks the entries whose hashes are probably equal:
 *
 *	struct hash_walk w = hash_find(&t, hash_bytes(0, key));
 *
 *	while (hash_next(&w))
 *		if (slice_eq(entries[w.number].key, key))
 *			return &entries[w.number];
 *
 * A table cannot be iterated: the caller walks the entries, in an order that
 * depends on no hash. Single entries are not removed. A table that is all
 * zeros is empty and owns nothing.
 *
 * It is open addressing with linear probing. A table doubles when it is half
 * full. With 2^31 entries it cannot grow any more, which ends the program as
 * a lack of memory does; callers with limits of their own stay below that.
 */
#ifndef SP_BASE_HASH_H
#define SP_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct hash {
	uint64_t *slots; /* half of a hash, and a number plus 1; 0 if free */
	size_t size;	 /* of slots: 0, or a power of two */
	size_t count;	 /* of entries */
};

struct hash_walk {
	uint32_t number; /* of the entry that hash_next found */

	const struct hash *table; /* private from here */
	uint64_t hash;
	size_t at;
};

/*
 * The hash of bytes, for tables in memory: fast, different on machines of
 * another byte order, and no defence against keys that are made to collide.
 * Keys of several parts pass the others in `seed`.
 */
uint64_t hash_bytes(uint64_t seed, struct slice);

void hash_release(struct hash *);

/* Remove all entries. The memory stays, or half of it if little was in use. */
void hash_clear(struct hash *);

/* Add an entry, which the caller has not found. Numbers end at 2^32 - 2. */
void hash_add(struct hash *, uint64_t hash, uint32_t number);

/* Start a look-up; it ends with the next change of the table. */
static inline struct hash_walk hash_find(const struct hash *h, uint64_t hash)
{
	return (struct hash_walk){
	    .table = h, .hash = hash, .at = (size_t)(hash >> 32)};
}

/* Walk to the next entry whose hash may be the same; false at the end. */
static inline bool hash_next(struct hash_walk *w)
{
	const struct hash *h = w->table;
	uint64_t slot;

	if (h->size == 0)
		return false;
	while ((slot = h->slots[w->at & (h->size - 1)]) != 0) {
		w->at++;
		if (slot >> 32 == w->hash >> 32) {
			w->number = (uint32_t)slot - 1;
			return true;
		}
	}
	return false;
}

/*
 * A set of 64-bit values, such as times, or hashes of texts where two that
 * collide, with a chance of 2^-64 each, do no harm. All zeros is empty.
 */
struct hash_set {
	struct hash table;
	uint64_t *values; /* `table.count` of them, in the order of adding */
	size_t room;
};

void hash_set_release(struct hash_set *);
void hash_set_clear(struct hash_set *);

bool hash_set_has(const struct hash_set *, uint64_t);

/* Add a value; false if it was there already. */
bool hash_set_add(struct hash_set *, uint64_t);

#endif
