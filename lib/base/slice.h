/*
 * A slice is a borrowed run of bytes, not NUL-terminated. It owns nothing and
 * lives as long as what it was cut from.
 */
#ifndef SP_BASE_SLICE_H
#define SP_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p; /* NULL where there is nothing, as against "" */
	size_t n;
};

/* A string literal as a slice. */
#define SLICE(lit) ((struct slice){"" lit, sizeof(lit) - 1})

static inline struct slice slice_of(const char *s)
{
	return (struct slice){s, s ? strlen(s) : 0};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

/* Order of bytes, as strcmp: <0, 0, >0. */
static inline int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool slice_starts(struct slice a, struct slice prefix)
{
	return prefix.n == 0 ||
	       (a.n >= prefix.n && memcmp(a.p, prefix.p, prefix.n) == 0);
}

/* The rest after the first n bytes; n must not exceed the length. */
static inline struct slice slice_from(struct slice a, size_t n)
{
	return (struct slice){a.p + n, a.n - n};
}

static inline bool slice_ends(struct slice a, struct slice end)
{
	return a.n >= end.n && slice_eq(slice_from(a, a.n - end.n), end);
}

/* Drop such a beginning, or such an end; false if there is none. */
static inline bool slice_drop(struct slice *a, struct slice prefix)
{
	if (!slice_starts(*a, prefix))
		return false;
	*a = slice_from(*a, prefix.n);
	return true;
}

static inline bool slice_drop_end(struct slice *a, struct slice end)
{
	if (!slice_ends(*a, end))
		return false;
	a->n -= end.n;
	return true;
}

static inline bool char_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the spaces, tabs and line ends around it. */
static inline struct slice slice_trim(struct slice a)
{
	while (a.n > 0 && char_is_space(*a.p))
		a = slice_from(a, 1);
	while (a.n > 0 && char_is_space(a.p[a.n - 1]))
		a.n--;
	return a;
}

/* What begins with the first such text; p == NULL if it does not occur. */
static inline struct slice slice_find(struct slice a, struct slice text)
{
	for (; a.n >= text.n; a = slice_from(a, 1))
		if (slice_starts(a, text))
			return a;
	return (struct slice){NULL, 0};
}

/*
 * Cut off the part before a character, and drop that one: `rest` is what
 * follows. Where there is none the part is all of it, and the rest is empty.
 */
static inline struct slice slice_cut(struct slice *rest, char at)
{
	const char *p = rest->n ? memchr(rest->p, at, rest->n) : NULL;
	struct slice part = {rest->p, p ? (size_t)(p - rest->p) : rest->n};

	*rest = slice_from(*rest, part.n + (p ? 1 : 0));
	return part;
}

#endif
