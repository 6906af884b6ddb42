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
#include "map/declarations.h"
#include "map/scan.h"

#define JQVALUE_PAD SCAN_PAD
#define JQVALUE_DEPTH_MAX 512
#define JQVALUE_INTERNED 1024 /* strings */

/* What is wrong where rows exceed the maximum of their buf. */
#define JQVALUE_TOO_MUCH "too much in one capture"

/* A short string made earlier; for a name, also what is declared of it. */
struct interned {
	jv string;
	uint32_t n;    /* bytes of the text, as written */
	char text[44]; /* longer ones are not interned */
	bool used;
	bool kept;
	unsigned short skipped, inside; /* as in map/declarations.h */
	unsigned short kinds, elements; /* as in declared_shape */
};

struct jqvalue_reader {
	const struct declarations *declared; /* NULL reads everything */
	bool every;	 /* read the members that it skips, too */
	unsigned inside; /* what the value that is read next is inside of */

	/*
	 * The last value may have members of other kinds than it declares;
	 * see map/type_check.h.
	 */
	bool odd;

	/*
	 * If set, called with the text of each unit, a value at declared->path;
	 * that value is then read with only the members in declared->keep.
	 * Reading fails if it returns false, or if the text does not match the
	 * path (another kind of value, a name twice or with escapes).
	 */
	bool (*on_unit)(void *ctx, struct slice text);
	void *ctx;

	struct buf scratch; /* private from here */
	const char *p;
	bool failed;
	unsigned elements; /* kinds, of an array that comes next */
	struct interned names[JQVALUE_INTERNED];
	struct interned strings[JQVALUE_INTERNED];
};

/* The declarations are borrowed. A reader lasts as long as its process. */
void jqvalue_reader_init(struct jqvalue_reader *, const struct declarations *);

/* The value of a valid text; a jv that is invalid if reading failed. */
jv jqvalue_read(struct jqvalue_reader *, struct slice text);

/*
 * Append a value, borrowed, as JSON text, its members in their order. With
 * drop_nulls, null members of `v` itself are left out. NULL, or what is wrong
 * with it, a constant string.
 */
const char *jqvalue_write(struct buf *, jv v, bool drop_nulls);

/*
 * The same with the members of objects in the order of their names. Of the
 * value itself, members that `leaves_out` names are left out; NULL is for none.
 */
const char *jqvalue_write_sorted(struct buf *, jv v,
    bool (*leaves_out)(void *ctx, struct slice name), void *ctx);

/* The bytes of a string value, borrowed. */
struct slice jqvalue_slice(jv string);

#endif
