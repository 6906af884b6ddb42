/*
 * Buffered output to a file descriptor, every write checked. The first error
 * is stored in `err`, an errno, and ends all later writing.
 */
#ifndef SP_BASE_OUT_H
#define SP_BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct out {
	int fd;
	bool terminal; /* the descriptor is one */
	int err;       /* errno of the first failed write, or 0 */

	/*
	 * If set, called before bytes are written, to commit what they refer
	 * to. False if that failed: then nothing is written.
	 */
	bool (*before_write)(void *ctx);
	void *ctx;

	const char
	    *prefix; /* written before the bytes of each write, or NULL */

	char *p;
	size_t n;
	size_t cap;
};

/* Write to fd through `cap` bytes of buffer. */
void out_init(struct out *, int fd, size_t cap);

/* Frees the buffer; neither flushes nor closes. */
void out_release(struct out *);

bool out_put(struct out *, const void *, size_t n);
bool out_put_slice(struct out *, struct slice);

/* Hand everything to the kernel. Retries after EINTR and short writes. */
bool out_flush(struct out *);

/* Flush and close the descriptor; false if anything was ever not written. */
bool out_close(struct out *);

#endif
