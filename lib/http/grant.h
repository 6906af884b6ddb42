/* What a token endpoint grants, RFC 6749 section 5: tokens, or an error. */
#ifndef SP_HTTP_GRANT_H
#define SP_HTTP_GRANT_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/transfer.h"

struct retry_policy;
struct token;
struct error;

/* What to ask for, and how; all is borrowed. */
struct grant {
	struct http_request request;
	const struct retry_policy *policy;
	const char *ended; /* in case of invalid_grant, words for people */
	/* Besides those of the token, what an error must not show; or NULL. */
	const char *secrets[2];
};

/* Append `name=value` of a form or a query, encoded, with the & before it. */
void form_put(struct buf *, const char *name, const char *value);

/*
 * POST the request's form until there is an answer that will not change,
 * and put what is granted into the token. Its file is left alone. False with
 * 77 for invalid_grant, 69 where the endpoint does not answer, 75 where it is
 * to be asked later, 78 where it refuses the app.
 */
bool grant_ask(
    const struct grant *, struct token *, struct transfer *, struct error *);

#endif
