/*
 * Raw bodies: JSON objects or arrays as a client saved them, without a capture.
 * They follow each other, each in any number of lines. They are fed line by
 * line, so that a body is available as soon as it has ended.
 *
 *	raw_bodies_feed(b, line, number)
 *	while (raw_bodies_next(b, &body) == RAW_BODY)
 *		...
 */
#ifndef SP_MAP_RAW_BODY_H
#define SP_MAP_RAW_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "stream/body.h"

enum raw_bodies_result {
	RAW_BODY,	/* its brackets match, but it may not be JSON */
	RAW_BODY_STRAY, /* neither object nor array, to the end of the line */
	RAW_BODY_MORE	/* the next line is needed, if there is one */
};

struct raw_bodies {
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
void raw_bodies_init(struct raw_bodies *, size_t max);
void raw_bodies_release(struct raw_bodies *);

/* Add a line; false if a body is too long, which is dropped. */
bool raw_bodies_feed(struct raw_bodies *, struct slice line, uint64_t number);

/* The next body, valid until the next call. */
enum raw_bodies_result raw_bodies_next(struct raw_bodies *, struct slice *body);

/*
 * Write a capture with this body into `capture`, cleared first: of the
 * endpoint, and of the user and time unless they are NULL or empty. Its status
 * is that in an error's body, else 200. The check says whether the body is
 * JSON. False if the buf is full.
 */
bool raw_body_capture(struct slice body, const char *endpoint, const char *user,
    const char *fetched_at, struct body_check *, struct buf *capture);

/* Whether a body is incomplete; it begins on line `number`. */
bool raw_bodies_incomplete(const struct raw_bodies *);

#endif
