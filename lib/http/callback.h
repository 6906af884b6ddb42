/*
 * What comes back of a login to the redirect URI, RFC 6749 section 4.1.2:
 * by a browser, or pasted. Whoever can connect can send anything.
 */
#ifndef SP_HTTP_CALLBACK_H
#define SP_HTTP_CALLBACK_H

#include "base/buf.h"

#define CALLBACK_PATH "/callback"
#define CALLBACK_MAX ((size_t)4096) /* bytes of a code, or a pasted line */

enum callback_kind {
	CALLBACK_NONE,	  /* nothing that a login service says */
	CALLBACK_STRANGE, /* not of the login that has this state */
	CALLBACK_REFUSED, /* an error; the value is its code */
	CALLBACK_CODE	  /* the value is what tokens are to be had for */
};

/*
 * Find the query of `GET /callback?...` in the head of an HTTP request. 0, or
 * the status to refuse it with.
 */
int callback_request(struct slice head, struct slice *query);

/*
 * Read a query. `value` is filled for REFUSED and CODE: printable ASCII. Of
 * NONE it says whether there was no memory.
 */
enum callback_kind callback_read(
    struct slice query, const char *state, struct buf *value);

/* The same of a line: the whole address, its query, or the code alone. */
enum callback_kind callback_read_pasted(
    struct slice line, const char *state, struct buf *value);

#endif
