/* The error messages of Spotify in the body of a response. */
#ifndef SP_SPOTIFY_PROBLEM_H
#define SP_SPOTIFY_PROBLEM_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Write a line like "HTTP 403: Insufficient client scope", from the `message`
 * of the Web API's error object, the `error_description` or `error` of the
 * token endpoint, or the first line of a text. Truncated to `size`.
 */
void problem_text(int status, struct slice body, char *to, size_t size);

/*
 * Append the `reason` and `message` of the Web API's error object; or `error`,
 * if that is a text, or the first line of a body that is not JSON.
 */
bool problem_words(struct slice body, struct buf *);

/*
 * The `error` code in a response of the token endpoint, RFC 6749 section 5.2,
 * as written; p == NULL if there is none.
 */
struct slice problem_code(struct slice body);

/*
 * The `reason` of the Web API's error object, like QUOTA_EXCEEDED, as
 * written; p == NULL if there is none.
 */
struct slice problem_reason(struct slice body);

#endif
