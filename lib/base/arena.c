#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define ARENA_BLOCK ((size_t)1 << 20)
#define ARENA_ALIGN (sizeof(max_align_t))

struct arena_block {
	struct arena_block *next;
	size_t size;
	max_align_t bytes[];
};

static char *start(struct arena_block *b)
{
	return (char *)b->bytes;
}

static void new_block(struct arena *a, size_t n)
{
	size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;
	struct arena_block *b = a->spare;

	if (size > SIZE_MAX - sizeof(*b))
		mem_exhausted();
	if (b && size == ARENA_BLOCK)
		a->spare = b->next;
	else
		b = mem_alloc(sizeof(*b) + size);
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->p = start(b);
	a->end = a->p + size;
}

/* n bytes, not aligned. */
static char *bytes(struct arena *a, size_t n)
{
	if (!a->p || n > (size_t)(a->end - a->p))
		new_block(a, n);
	a->p += n;
	a->used += n;
	return a->p - n;
}

void *arena_room(struct arena *a, size_t n)
{
	size_t past = (uintptr_t)a->p % ARENA_ALIGN;
	size_t pad = past ? ARENA_ALIGN - past : 0;

	if (a->p && pad + n <= (size_t)(a->end - a->p))
		a->p += pad;
	else
		new_block(a, n);
	return bytes(a, n);
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	char *p;

	if (!s.p)
		return s;
	p = bytes(a, s.n);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct slice){p, s.n};
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
	struct arena_block *next, *spare = a->spare;

	for (struct arena_block *b = a->blocks; b; b = next) {
		next = b->next;
		if (b->size == ARENA_BLOCK) {
			b->next = spare;
			spare = b;
		} else {
			free(b);
		}
	}
	*a = (struct arena){.spare = spare};
}

void arena_release(struct arena *a)
{
	free_blocks(a->blocks);
	free_blocks(a->spare);
	*a = (struct arena){.blocks = NULL};
}
