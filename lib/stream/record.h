/*
 * Records: the lines of the stream, sp-stream(5). A record is read shallowly:
 * the whole line is checked to be JSON, and its top-level members are handed
 * out as slices of it. It owns nothing and lives as long as its line.
 */
#ifndef SP_STREAM_RECORD_H
#define SP_STREAM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "json/json.h"

#define RECORD_MEMBERS_MAX 64

struct out;

enum record_type {
	RECORD_OTHER, /* a line of no known type, or no record at all */
	RECORD_RUN,
	RECORD_REQUEST,
	RECORD_CAPTURE,
	RECORD_ROW,
	RECORD_ERROR,
	RECORD_END,
	RECORD_TYPES
};

struct member {
	struct slice key;   /* as written, without quotes */
	struct slice value; /* as written; a string without its quotes */
	enum json_type type;
	bool key_escaped;
	bool escaped; /* a string with backslashes: see json_unescape */
};

struct record {
	enum record_type type;
	uint64_t
	    number; /* of its line in the input, from 1; 0 if it has none */
	struct slice line;
	bool unchecked; /* see record_parse_head */
	struct member members[RECORD_MEMBERS_MAX];
	size_t count;
};

/* "run", "request", ...; "other" for RECORD_OTHER. */
const char *record_type_name(enum record_type);

/* The type of that name, or RECORD_OTHER. */
enum record_type record_type_of(struct slice name);

/*
 * Read a line; it has no number yet. False if it is no record: then `*reason`
 * says why, a constant string, and `*at` at which byte of the line, from 0.
 */
bool record_parse(
    struct record *, struct slice line, const char **reason, size_t *at);

/*
 * The same, but of a member `body` that is an array or object, only where it
 * begins is looked at: it is taken to be the last member, and not checked.
 * Where there is one, the record is `unchecked`: whoever reads all of the line
 * must find `count` members in it, else record_parse has to read it.
 */
bool record_parse_head(
    struct record *, struct slice line, const char **reason, size_t *at);

/*
 * The same as record_parse, but let a byte order mark and invalid UTF-8 in
 * strings pass: the first such is the `*flaw`, else NULL. False leaves what is
 * wrong there.
 */
bool record_parse_lenient(
    struct record *, struct slice line, const char **flaw, size_t *at);

/*
 * Copy a record, with its line into `line`, a buf that is cleared first: the
 * copy lives until the next write to that. False if the line does not fit.
 */
bool record_copy(
    struct record *to, const struct record *from, struct buf *line);

/* The member of that name, the last if there are several, or NULL. */
const struct member *record_get(const struct record *, const char *name);

/*
 * A string member, decoded. It points into the line where it has no escapes,
 * else into `scratch`, which is appended to; clear it for each record, so
 * that it never moves. An absent or null member is a slice with p == NULL.
 * False if it is no string.
 */
bool record_string(const struct record *, const char *name, struct buf *scratch,
    struct slice *value);

/* A whole number; absent or null leaves *value alone. False if it is none. */
bool record_int(const struct record *, const char *name, int64_t *value);

/*
 * A member of any type as JSON text, with the quotes of a string; p == NULL
 * if it is absent.
 */
struct slice record_raw(const struct record *, const char *name);

/*
 * Append `{` and the members as written, without those named in `but`, which
 * ends with NULL. The caller adds its own and the closing brace.
 */
bool record_put_members(
    const struct record *, const char *const but[], struct buf *);

/*
 * Write a record, a line without its newline. To a terminal, the control
 * characters that JSON allows unescaped (see utf8_control) are escaped.
 */
bool record_send(struct out *, struct slice line);

#endif
