#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void buf_release(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
	b->failed = false;
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

char *buf_grow(struct buf *b, size_t n)
{
	size_t cap = b->cap;

	if (b->failed)
		return NULL;
	if (b->n > b->max || n > b->max - b->n) {
		b->failed = true;
		return NULL;
	}
	if (cap == 0)
		cap = 64;
	while (cap - b->n < n && cap <= SIZE_MAX / 2)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	b->p = mem_resize(b->p, cap, 1);
	b->cap = cap;
	return b->p + b->n;
}

bool buf_put(struct buf *b, const void *p, size_t n)
{
	char *to = buf_reserve(b, n);

	if (!to)
		return false;
	if (n)
		memcpy(to, p, n);
	b->n += n;
	return true;
}

bool buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

bool buf_putc(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

bool buf_put_slice(struct buf *b, struct slice s)
{
	return buf_put(b, s.p, s.n);
}

bool buf_set(struct buf *b, struct slice s)
{
	buf_clear(b);
	return buf_put_slice(b, s);
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	if (n < 0 || !buf_reserve(b, (size_t)n + 1)) {
		b->failed = true;
	} else {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(args);
	return !b->failed;
}

struct slice buf_slice(const struct buf *b)
{
	return (struct slice){b->p ? b->p : "", b->n};
}

const char *buf_cstr(struct buf *b)
{
	char *end = buf_reserve(b, 1);

	if (!end)
		return NULL;
	*end = '\0';
	return b->p;
}

const char *buf_message(struct buf *b)
{
	const char *words = buf_cstr(b);

	return words ? words : "(too long)";
}
