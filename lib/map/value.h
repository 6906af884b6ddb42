/*
 * JSON text to libjq's values and back, with less building than libjq's own
 * parser and printer do.
 *
 * The text that is read must have been checked before (json_check, or
 * record_parse) and stand in memory with VALUE_PAD readable bytes after it.
 * Integers are exact up to 2^53; beyond that, and past the range of a
 * double, a number is the nearest double, as in jq.
 */
#ifndef SP_MAP_VALUE_H
#define SP_MAP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jv.h>

#include "base/buf.h"
#include "base/slice.h"
#include "map/plan.h"

#define VALUE_PAD 64
#define VALUE_DEPTH_MAX 512
#define VALUE_CACHE 1024 /* slots */

/* Strings that were made before, by their bytes as written. */
struct value_cache {
	struct {
		jv string;
		uint32_t n;
		char text[44];
		bool used;
		bool skipped; /* a name in plan.skip */
		bool kept;    /* a name in plan.keep */
	} slot[VALUE_CACHE];
};

struct value_reader {
	const struct plan *plan; /* NULL reads everything */

	/*
	 * With a callback, the value at plan->path is handed to it as text,
	 * and read with no more than the members in plan->keep. The reading
	 * fails when it says false, or where the path does not lead as
	 * declared (another kind of value, a name twice or with escapes).
	 */
	bool (*unit)(void *ctx, struct slice text);
	void *ctx;

	struct buf scratch; /* private from here */
	const char *p;
	bool failed;
	struct value_cache names;
	struct value_cache strings;
};

/* Read for this plan, borrowed; release gives back what is cached. */
void value_reader_init(struct value_reader *, const struct plan *);
void value_reader_release(struct value_reader *);

/* The value of a checked text; invalid if the reading failed. */
jv value_read(struct value_reader *, struct slice text);

/*
 * Append a value, borrowed, as JSON text in the order of its members. NULL,
 * or what is wrong with it, a constant string.
 * Members of `v` itself that are null are left out if drop_nulls is set.
 */
const char *value_write(struct buf *, jv v, bool drop_nulls);

/* Append a string value, borrowed, quoted; false when the buf is full. */
bool value_write_string(struct buf *, jv string);

#endif
