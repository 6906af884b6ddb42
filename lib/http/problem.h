/* What a server says is wrong, in one line for people. */
#ifndef SP_HTTP_PROBLEM_H
#define SP_HTTP_PROBLEM_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Write "HTTP 403: Insufficient client scope" out of an answer's body: the
 * `message` of the Web API's error object, the `error_description` of the
 * token endpoint, or how a text begins. Cut to what `to` holds.
 */
void problem_text(int status, struct slice body, char *to, size_t size);

/*
 * The `error` code of an answer of the token endpoint, RFC 6749 section 5.2,
 * as written; p == NULL if there is none.
 */
struct slice problem_code(struct slice body);

/*
 * The `reason` of the Web API's error object, like QUOTA_EXCEEDED, as
 * written; p == NULL if there is none.
 */
struct slice problem_reason(struct slice body);

/* Whether a text has a word in it, in any case of letters. */
bool problem_mentions(const char *text, const char *word);

#endif
