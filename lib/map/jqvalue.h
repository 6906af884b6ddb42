/*
 * Convert JSON text to libjq's values and back, with fewer allocations than
 * libjq's own parser and printer.
 *
 * Text to read must be known to be valid (json_check, or record_parse), and be
 * followed by JQVALUE_PAD readable bytes.
 * Integers are exact up to 2^53; beyond that, and past the range of a
 * double, a number is the nearest double, as in jq.
 */
#ifndef SP_MAP_JQVALUE_H
#define SP_MAP_JQVALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jv.h>

#include "base/buf.h"
#include "base/slice.h"
#include "map/hints.h"

#define JQVALUE_PAD 64
#define JQVALUE_DEPTH_MAX 512
#define JQVALUE_CACHE 1024 /* slots */

/* Strings made earlier, by their bytes as written. */
struct jqvalue_cache {
	struct {
		jv string;
		uint32_t n;
		char text[44];
		bool used;
		bool skipped;			/* a name in hints.skip */
		bool kept;			/* a name in hints.keep */
		unsigned short kinds, elements; /* as in hints.shape */
	} slot[JQVALUE_CACHE];
};

struct jqvalue_reader {
	const struct hints *hints; /* NULL reads everything */
	bool every;		   /* read members in hints->skip, too */

	/*
	 * Whether the last value may have members that are not of the kinds in
	 * hints->shape; see map/shape.h.
	 */
	bool odd;

	/*
	 * If set, called with the text of each value at hints->path; that
	 * value is then read with only the members in hints->keep. Reading
	 * fails if it returns false, or if the text does not match the path
	 * (another kind of value, a name twice or with escapes).
	 */
	bool (*unit)(void *ctx, struct slice text);
	void *ctx;

	struct buf scratch; /* private from here */
	const char *p;
	bool failed;
	unsigned elements; /* kinds, of an array that comes next */
	struct jqvalue_cache names;
	struct jqvalue_cache strings;
};

/* The hints are borrowed. Release also frees the cached strings. */
void jqvalue_reader_init(struct jqvalue_reader *, const struct hints *);
void jqvalue_reader_release(struct jqvalue_reader *);

/* The value of a valid text; a jv that is invalid if reading failed. */
jv jqvalue_read(struct jqvalue_reader *, struct slice text);

/*
 * Append a value, borrowed, as JSON text, its members in their order. With
 * drop_nulls, null members of `v` itself are left out. NULL, or what is wrong
 * with it, a constant string.
 */
const char *jqvalue_write(struct buf *, jv v, bool drop_nulls);

/* Append a string value, borrowed, quoted; false when the buf is full. */
bool jqvalue_write_string(struct buf *, jv string);

#endif
