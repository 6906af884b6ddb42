/*
 * A growable run of bytes with a mandatory maximum. Whoever initialises a buf
 * owns its storage and releases it; slices cut from it end at the next write.
 *
 * A write beyond the maximum fails, which is remembered in `failed`: later
 * writes do nothing, so that a series of writes is checked once.
 */
#ifndef SP_BASE_BUF_H
#define SP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max; /* in bytes; writes beyond it fail */
	bool failed;
};

#define BUF_INIT(maximum)        \
	{                        \
		.max = (maximum) \
	}

void buf_release(struct buf *);

/* Clear the content and the failure; the storage stays. */
void buf_clear(struct buf *);

char *buf_grow(struct buf *, size_t n); /* for buf_reserve */

/* Room for n more bytes; returns where they go, or NULL. Follow with `b->n +=`.
 */
static inline char *buf_reserve(struct buf *b, size_t n)
{
	if (b->p && n <= b->cap - b->n && !b->failed)
		return b->p + b->n;
	return buf_grow(b, n);
}

bool buf_put(struct buf *, const void *, size_t n);
bool buf_puts(struct buf *, const char *);
bool buf_putc(struct buf *, char);
bool buf_put_slice(struct buf *, struct slice);
bool buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Replace the content with a slice, which is not of this buf. */
bool buf_set(struct buf *, struct slice);

/* The content as a slice, until the next write. */
struct slice buf_slice(const struct buf *);

/* The content as a C string, until the next write; NULL on failure. */
const char *buf_cstr(struct buf *);

/* The same for a message, with "(too long)" instead of NULL. */
const char *buf_message(struct buf *);

#endif
