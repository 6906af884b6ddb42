/*
 * The values of a JSON text that is too long for memory: rows, which are the
 * elements of a list, and whole values outside of one. A text may have several
 * of both, one after another, and a byte order mark before them.
 *
 * Only the value at hand is in memory. A row that cannot be read is skipped:
 * the next one begins where an object does.
 */
#ifndef SP_IMPORT_VALUES_H
#define SP_IMPORT_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "json/json.h"

/* Where a text comes from. */
struct byte_source {
	/* Read up to n bytes: 0 at the end, -1 after a failure. */
	long (*read)(void *ctx, char *to, size_t n);
	void *ctx;
};

/* Who looks at a row while it is read, perhaps more than once. */
struct row_scan {
	/* Read a value, whole, by a reader that is at its beginning. */
	void (*scan)(void *ctx, struct json *);
	void *ctx;
};

enum value_result {
	VALUE_END,
	VALUE_ROW,     /* an element of a list */
	VALUE_WHOLE,   /* a value outside of a list */
	VALUE_BAD_ROW, /* see `error` and `error_at`; go on */
	VALUE_BAD,     /* what follows is no JSON, see there; VALUE_END is next
			*/
	VALUE_FAILED   /* the source failed; VALUE_END is next */
};

struct values {
	struct byte_source source;
	struct row_scan rows; /* set after values_init, or nobody */
	struct buf window;    /* what has been read and not been passed yet */
	size_t at;	      /* where the rest begins in it */
	uint64_t before;      /* bytes of the text before the window */
	bool ended;	      /* nothing is left to be read */
	bool failed;	      /* the source has */
	bool over;	      /* after VALUE_BAD or VALUE_FAILED */
	bool in_list;
	bool had_list;
	bool wants_comma;

	int64_t bad_rows;   /* private */
	int64_t row;	    /* the number of the last row, from 1 */
	uint64_t value_at;  /* byte at which the last value began, from 1 */
	struct slice value; /* of VALUE_ROW or VALUE_WHOLE, until the next */
	const char *flaw;   /* of a value, as of json_init_lenient, or NULL */
	uint64_t flaw_at;   /* its byte, from 1 */
	const char *error;  /* a constant string */
	uint64_t error_at;  /* its byte, from 1 */
};

/* The longest row and the longest whole value, in bytes. */
#define VALUE_ROW_MAX ((size_t)1 << 20)
#define VALUE_WHOLE_MAX ((size_t)16 << 20)

void values_init(struct values *, struct byte_source);
void values_release(struct values *);

enum value_result values_next(struct values *);

#endif
