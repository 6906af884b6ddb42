/*
 * Bare bodies: JSON objects or arrays, one after the other, each of any number
 * of lines, as saved by a client, without a capture around them. Fed line by
 * line, so that a body is available as soon as it has ended.
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
#include "stream/body.h"

enum bare_result {
	BARE_BODY,  /* its brackets match, but it may not be JSON */
	BARE_STRAY, /* neither object nor array, to the end of the line */
	BARE_MORE   /* the next line is needed, if there is one */
};

struct bare {
	struct buf text;
	uint64_t number; /* of the line where the last body begins */
	uint64_t last;	 /* of the last line; private from here */
	size_t start;	 /* of the body being read */
	size_t at;	 /* next byte */
	unsigned depth;
	bool in_string;
	bool escape;
};

/* Bodies of up to max bytes. */
void bare_init(struct bare *, size_t max);
void bare_release(struct bare *);

/* Add a line; false if a body is too long, which is dropped. */
bool bare_feed(struct bare *, struct slice line, uint64_t number);

/* The next body, valid until the next call. */
enum bare_result bare_next(struct bare *, struct slice *body);

/*
 * Write a capture with this body into `capture`, cleared first: of the
 * endpoint, and of the user and time unless they are NULL or empty. Its status
 * is that in an error's body, else 200. The check says whether the body is
 * JSON. False if the buf is full.
 */
bool bare_capture(struct slice body, const char *endpoint, const char *user,
    const char *fetched_at, struct body_check *, struct buf *capture);

/* Whether a body is incomplete; it begins on line `number`. */
bool bare_cut(const struct bare *);

#endif
