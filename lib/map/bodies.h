/*
 * Bodies in a text: JSON objects or arrays one after the other, over any
 * number of lines each, as saved by a client. Fed by the line, so that a
 * body is there as soon as it has ended.
 *
 *	bodies_feed(b, line, number)
 *	while (bodies_next(b, &body) == BODIES_BODY)
 *		...
 */
#ifndef SP_MAP_BODIES_H
#define SP_MAP_BODIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum bodies_result {
	BODIES_BODY,  /* its brackets match; whether it is JSON is not known */
	BODIES_STRAY, /* what is no object and no array, to the line's end */
	BODIES_MORE   /* a line is needed; at the end of the text, it is over */
};

struct bodies {
	struct buf text;
	uint64_t number; /* of the line where the body handed out begins */
	uint64_t last;	 /* of the line fed last; private from here */
	size_t start;	 /* of what is not handed out yet */
	size_t at;	 /* what is looked at next */
	unsigned depth;
	bool in_string;
	bool escape;
};

/* Bodies of up to max bytes. */
void bodies_init(struct bodies *, size_t max);
void bodies_release(struct bodies *);

/* Add a line; false when a body is too long, which is dropped. */
bool bodies_feed(struct bodies *, struct slice line, uint64_t number);

/* The next body, valid until the next call. */
enum bodies_result bodies_next(struct bodies *, struct slice *body);

/* Whether a body has begun and not ended; it begins on line `number`. */
bool bodies_cut(const struct bodies *);

#endif
