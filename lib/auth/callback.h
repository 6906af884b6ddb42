/*
 * The callback of a login: the authorization response, RFC 6749 section 4.1.2,
 * which a browser sends to the redirect URI, or the user pastes. It is not to
 * be trusted: every page in the browser can send one.
 */
#ifndef SP_AUTH_CALLBACK_H
#define SP_AUTH_CALLBACK_H

#include "base/buf.h"

#define CALLBACK_PATH "/callback"
#define CALLBACK_MAX ((size_t)4096) /* bytes of a code, or a pasted line */

enum callback_kind {
	CALLBACK_NONE,	      /* not an authorization response */
	CALLBACK_WRONG_STATE, /* of another login, or forged */
	CALLBACK_REFUSED,     /* an error; the value is its code */
	CALLBACK_CODE	      /* the value is the authorization code */
};

/*
 * Find the query of `GET /callback?...` in the head of an HTTP request. 0, or
 * the HTTP status to refuse the request with.
 */
int callback_request(struct slice head, struct slice *query);

/* Parse a query. For REFUSED and CODE, `value` is set, to printable ASCII. */
enum callback_kind callback_parse(
    struct slice query, const char *state, struct buf *value);

/*
 * Parse a pasted line: the whole address, or its query. A code alone is not
 * accepted: without the state nobody knows which login it is of.
 */
enum callback_kind callback_parse_pasted(
    struct slice line, const char *state, struct buf *value);

#endif
