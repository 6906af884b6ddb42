/*
 * A strict JSON reader and writer (RFC 8259), made for lines of a stream.
 *
 * The reader is a pull parser over text in memory: one pass, no allocation.
 * Strings and numbers are handed out as slices of the text, exactly as
 * written, so that a number of any size passes through unchanged. It owns
 * nothing; what it hands out lives as long as the text.
 *
 * Refused, besides what the grammar refuses: nesting deeper than
 * JSON_DEPTH_MAX, and, unless the reader is lenient, invalid UTF-8 and a byte
 * order mark. Duplicate names in an object are accepted; whoever looks for a
 * name takes the last. So are surrogates that do not come as a pair, as
 * escapes: what they mean is U+FFFD.
 */
#ifndef SP_JSON_JSON_H
#define SP_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "json/utf8.h"

#define JSON_DEPTH_MAX 512

enum json_type {
	JSON_ERROR, /* see `error` and `at`; every later call returns it again
		     */
	JSON_END,   /* the one value of the text has ended, nothing follows */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER, /* `text` is the number as written */
	JSON_STRING, /* `text` is the text between the quotes, as written */
	JSON_ARRAY,
	JSON_ARRAY_END,
	JSON_OBJECT,
	JSON_OBJECT_END
};

/* The error of a text that seems to be in UTF-16. */
extern const char json_utf16[];

struct json {
	const char *start;
	const char *p;
	const char *end;

	struct slice key;  /* name of the member just read, as written */
	struct slice text; /* of a string or number, or what was skipped */
	bool key_escaped;  /* `key` has backslashes: see json_unescape */
	bool escaped;	   /* `text` has backslashes */
	bool spaced;	   /* white space has been met between tokens */

	unsigned depth;	   /* of open arrays and objects */
	unsigned deepest;  /* that may be open: JSON_DEPTH_MAX */
	const char *error; /* what is wrong, a constant string, or NULL */
	size_t at;	   /* byte offset of the error */
	bool lenient;
	const char *flaw; /* likewise, but let pass: the first such, or NULL */
	size_t flaw_at;	  /* byte offset of the flaw */

	unsigned char state;			/* private */
	unsigned char open[JSON_DEPTH_MAX / 8]; /* private */
};

/* Start reading a text. */
void json_init(struct json *, struct slice text);

/*
 * The same, but let a byte order mark before the text pass, and invalid UTF-8
 * in its strings: there is then a `flaw`. Strings are as written, with it.
 */
void json_init_lenient(struct json *, struct slice text);

/* Read the next token; inside an object `key` names each value. */
enum json_type json_next(struct json *);

/*
 * Skip the value whose type json_next just returned, to its end, and
 * put all of it, as written, into `text`: with its quotes for a string, with
 * its brackets for an array or object. False on error.
 */
bool json_skip(struct json *, enum json_type);

/*
 * Whether the text may have been cut: the error is where it ends, and might not
 * be one if more of it came; or it ends with a number, which might go on.
 */
bool json_may_be_cut(const struct json *);

/* Whether a string as written (from `key` or `text`) means this one. */
bool json_text_is(struct slice written, bool escaped, struct slice meant);

/*
 * Append the meaning of a string as written; false when the buf is full. What
 * is no UTF-8 in it stays as it is.
 */
bool json_unescape(struct slice written, struct buf *to);

/*
 * Check that the text is one value; if not, `j->error` and `j->at` say why and
 * where.
 */
bool json_check(struct json *j, struct slice text);
bool json_check_lenient(struct json *j, struct slice text);

/*
 * Append a text that the reader has read whole, or that differs from it in its
 * strings alone, without the white space between its tokens. False when the
 * buf is full.
 */
bool json_compact(const struct json *, struct slice text, struct buf *to);

/*
 * Read a number as written, in any spelling of a whole number: 20.0 and 2e1
 * are 20. False if it is not one that fits.
 */
bool json_whole(struct slice written, int64_t *value);

/* Append a string, quoted; what is no UTF-8 in it becomes U+FFFD. */
bool json_put_string(struct buf *, struct slice);

/* Append `"name":` and, before it, a comma unless an object has just begun. */
bool json_put_key(struct buf *, const char *name);

/* Append a member of an object: a string, an integer, or JSON as written. */
bool json_put_member(struct buf *, const char *name, struct slice string);
bool json_put_member_int(struct buf *, const char *name, int64_t);
bool json_put_member_raw(struct buf *, const char *name, struct slice json);

#endif
