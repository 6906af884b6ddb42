#include "base/intern.h"

#include <stdlib.h>

#include "base/mem.h"

uint32_t intern(struct intern *t, struct slice text, bool *is_new)
{
	uint64_t hash = hash_bytes(0, text);
	struct hash_walk w = hash_find(&t->table, hash);

	*is_new = false;
	while (hash_next(&w))
		if (slice_eq(t->texts[w.number], text))
			return w.number;
	*is_new = true;
	t->texts =
	    mem_grow(t->texts, &t->room, t->count + 1, sizeof(*t->texts));
	t->texts[t->count] = arena_copy(&t->arena, text);
	hash_add(&t->table, hash, (uint32_t)t->count);
	return (uint32_t)t->count++;
}

void intern_clear(struct intern *t)
{
	hash_clear(&t->table);
	arena_clear(&t->arena);
	t->count = 0;
}

void intern_release(struct intern *t)
{
	hash_release(&t->table);
	arena_release(&t->arena);
	free(t->texts);
	*t = (struct intern){.count = 0};
}
