#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static void (*on_exhausted)(void);

void mem_on_exhausted(void (*hook)(void))
{
	on_exhausted = hook;
}

void mem_exhausted(void)
{
	if (on_exhausted)
		on_exhausted();
	_exit(EX_OSERR);
}

void *mem_need(void *p)
{
	if (!p)
		mem_exhausted();
	return p;
}

void *mem_alloc(size_t n)
{
	return mem_need(malloc(n ? n : 1));
}

void *mem_zero(size_t count, size_t size)
{
	return mem_need(calloc(count ? count : 1, size));
}

void *mem_resize(void *p, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		mem_exhausted();
	count *= size;
	return mem_need(realloc(p, count ? count : 1));
}

void *mem_grow(void *p, size_t *room, size_t count, size_t size)
{
	size_t more = *room > SIZE_MAX / 2 ? SIZE_MAX : *room * 2;

	if (count <= *room)
		return p;
	if (more < 16)
		more = 16;
	*room = more > count ? more : count;
	return mem_resize(p, *room, size);
}

char *mem_string_slice(struct slice s)
{
	char *copy;

	if (!s.p)
		return NULL;
	copy = mem_alloc(s.n + 1);
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

char *mem_string(const char *s)
{
	return mem_string_slice(slice_of(s));
}
