/*
 * Bodies in a text: JSON objects or arrays one after the other, over any
 * number of lines each, as saved by a client. Fed by the line, so that a
 * body is there as soon as it has ended.
 *
 *	bare_feed(b, line, number)
 *	while (bare_next(b, &body) == BARE_BODY)
 *		...
 */
#ifndef SP_MAP_BARE_H
#define SP_MAP_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum bare_result {
	BARE_BODY,  /* its brackets match; whether it is JSON is not known */
	BARE_STRAY, /* what is no object and no array, to the line's end */
	BARE_MORE   /* a line is needed; at the end of the text, it is over */
};

struct bare {
	struct buf text;
	bool no_memory;	 /* why the last line was not taken */
	uint64_t number; /* of the line where the body handed out begins */
	uint64_t last;	 /* of the line fed last; private from here */
	size_t start;	 /* of what is not handed out yet */
	size_t at;	 /* what is looked at next */
	unsigned depth;
	bool in_string;
	bool escape;
};

/* Bodies of up to max bytes. */
void bare_init(struct bare *, size_t max);
void bare_release(struct bare *);

/* Add a line; false when a body is too long, which is dropped, or without
 * memory. */
bool bare_feed(struct bare *, struct slice line, uint64_t number);

/* The next body, valid until the next call. */
enum bare_result bare_next(struct bare *, struct slice *body);

/*
 * Write the capture that a body is taken for into `capture`, cleared first:
 * of the endpoint, and of the user and time where these are not NULL or
 * empty. Its status is 200, or what an error's body says of itself. The body
 * is valid JSON. False without memory.
 */
bool bare_capture(struct slice body, const char *endpoint, const char *user,
    const char *fetched_at, struct buf *capture);

/* Whether a body has begun and not ended; it begins on line `number`. */
bool bare_cut(const struct bare *);

#endif
