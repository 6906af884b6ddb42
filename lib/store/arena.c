#include "store/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define BLOCK ((size_t)1 << 20)
#define ALIGN (sizeof(max_align_t))

struct arena_block {
	struct arena_block *next;
	size_t size;
	max_align_t bytes[];
};

static char *start(struct arena_block *b)
{
	return (char *)b->bytes;
}

static char *new_block(struct arena *a, size_t n)
{
	size_t size = n > BLOCK ? n : BLOCK;
	struct arena_block *b;

	b = size > SIZE_MAX - sizeof(*b) ? NULL : malloc(sizeof(*b) + size);
	if (!b) {
		a->failed = true;
		return NULL;
	}
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->p = start(b);
	a->end = a->p + size;
	return a->p;
}

char *arena_bytes(struct arena *a, size_t n)
{
	char *p = a->p;

	if (!p || n > (size_t)(a->end - p)) {
		p = new_block(a, n);
		if (!p)
			return NULL;
	}
	a->p = p + n;
	a->used += n;
	return p;
}

void *arena_room(struct arena *a, size_t n)
{
	size_t past = (uintptr_t)a->p % ALIGN;
	size_t pad = past ? ALIGN - past : 0;

	if (a->p && pad + n <= (size_t)(a->end - a->p))
		a->p += pad;
	else if (!new_block(a, n))
		return NULL;
	return arena_bytes(a, n);
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	char *p;

	if (!s.p)
		return s;
	p = arena_bytes(a, s.n);
	if (p && s.n)
		memcpy(p, s.p, s.n);
	return (struct slice){p, p ? s.n : 0};
}

static void free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_clear(struct arena *a)
{
	struct arena_block *b = a->blocks;

	a->used = 0;
	if (!b)
		return;
	free_blocks(b->next);
	b->next = NULL;
	a->p = start(b);
	a->end = a->p + b->size;
}

void arena_release(struct arena *a)
{
	free_blocks(a->blocks);
	*a = (struct arena){.blocks = NULL};
}
