/*
 * The body of a response in a capture, sp-stream(5). A line of the stream is
 * UTF-8 and a body is stored as it came; so it is one of three members: `body`
 * for JSON, `text` for another text, or `body_base64` for bytes that are
 * neither: invalid UTF-8 and a byte order mark, or a text that would grow as
 * much.
 *
 * JSON with such a flaw can be read all the same: see body_put_json.
 */
#ifndef SP_STREAM_BODY_H
#define SP_STREAM_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct record;

/* The names of the members, ended by NULL. */
extern const char *const body_members[];

/* The values are those of staging_raw.body_is_text. */
enum body_form {
	BODY_JSON,
	BODY_TEXT,
	BODY_BYTES,
	BODY_NONE /* the capture has no body */
};

/* What json.h finds in a body: constant strings or NULL, and byte offsets. */
struct body_check {
	const char *error; /* why it is no JSON */
	const char *flaw;  /* what is wrong with it, but can be read */
	size_t at;	   /* of the error or else of the flaw */
};

#define BODY_MISSING "'body', 'text' and 'body_base64' are missing"

/* Whether a capture has one of the members. */
bool record_has_body(const struct record *);

/* Append a body as the member that fits its form; report that form. */
bool body_put(struct buf *, struct slice bytes, struct body_check *);

/* Append a body in a given form, which it can have, as that member. */
bool body_put_as(struct buf *, struct slice bytes, enum body_form);

/*
 * The body of a capture: JSON as written, or the bytes that the other members
 * mean, which may be appended to `scratch`. False if a member is none of what
 * it should be: `*why` says so, a constant string; or if `scratch` is full.
 */
bool body_read(const struct record *, struct buf *scratch, struct slice *bytes,
    enum body_form *, const char **why);

/*
 * Append a body as JSON in UTF-8, with U+FFFD for what is no UTF-8. False if
 * it is no JSON, as the check says, or if the buf is full.
 */
bool body_put_json(struct buf *, struct slice bytes, struct body_check *);

/*
 * Append a line of another program that is a record except for a byte order
 * mark or bytes that are not UTF-8, as a record: the body of a capture becomes
 * its `body_base64`, byte for byte, and elsewhere U+FFFD replaces such bytes.
 * `*flaw` is what is wrong first, a constant string, and `*at` its offset in
 * the line. False if nothing is wrong, if the line is no record even so, or if
 * the buf is full.
 */
bool record_repair(
    struct slice line, struct buf *to, const char **flaw, size_t *at);

#endif
