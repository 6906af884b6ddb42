/*
 * Reads JSON text into values: the strict check (RFC 8259, json/json.h, and
 * what it refuses besides) and the parse in one pass. Strings without escapes
 * are slices of the text, which must last for the run.
 */
#ifndef SP_VALUE_JSON_READER_H
#define SP_VALUE_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "value/heap.h"
#include "value/jq_value.h"
#include "value/names.h"

/* Readable bytes that must follow the text. */
#define READER_PAD 64

/*
 * The kinds of values, as bits, that the members of a name have, in any object,
 * and the elements of those that are arrays; 0 for any. Null is always one.
 */
struct expected_kinds {
	uint16_t member, elements;
};

/* Only members are read as null for their value. */
enum expected_kind {
	EXPECT_OBJECT = 1,
	EXPECT_ARRAY = 2,
	EXPECT_STRING = 4,
	EXPECT_TEXT = 8, /* a string; "" is read as null */
	EXPECT_BOOLEAN = 16,
	EXPECT_NUMBER = 32,
	EXPECT_LENGTH = 64, /* a number; 0 is read as null */
	EXPECT_COUNT = 128, /* a whole number from 0 */
	EXPECT_DATE =
	    256 /* a string; "", "0" and the year 0 are read as null */
};

#define READER_GUESSES 2048

struct json_reader {
	struct heap *heap;
	struct names *names;
	const struct expected_kinds *expected; /* by the id of a lasting name,
						  NAME_IDS of them; or NULL */

	bool odd;	/* the last value has a value of another kind */
	size_t members; /* of the last value, with those of one name */

	const char *error; /* of a text that is no JSON, a constant string, as
			      in json/json.h */
	size_t at;	   /* where: an offset in bytes */

	/* private from here */
	const char *end;
	char *stack; /* children of open arrays and objects */
	size_t stack_n, stack_room;
	unsigned depth;	 /* of open arrays and objects */
	unsigned height; /* what was read since its beginning nests so deep; or
			    NO_RAW */
	struct name *root;
	/* The names that came next after others; lasting ones. */
	struct name *guesses[READER_GUESSES];
};

/* heap, names and expected are set by the caller, in a struct of zeros. */
void json_reader_release(struct json_reader *);

/*
 * Read a text of one value, followed by READER_PAD bytes, within heap_guard.
 * False sets error and at. Numbers are the nearest doubles, past their range
 * the greatest ones; of members of one name the last counts, at the place of
 * the first.
 */
bool json_read(struct json_reader *, struct slice text, struct jq_value *to);

#endif
