/*
 * The validators, RFC 9110 section 8.8, of a request's pages: the member
 * `etags` of a request record. It maps the URL of each page to its entity tag
 * and, unless it was the last page, to the path and query of the next:
 *
 *	{"https://…/v1/me/playlists?…":{"etag":"W/\"…\"","next":"/v1/me/…"}}
 *
 * It comes from the stream, and so from anyone: an invalid entity tag is
 * refused before anything is sent. A tag is found by the whole URL, so that
 * it is sent only to the origin that it came from.
 */
#ifndef SP_HTTP_VALIDATORS_H
#define SP_HTTP_VALIDATORS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/etag.h"
#include "base/slice.h"

struct validator {
	char etag[ETAG_MAX + 1]; /* "" for none */
	struct buf next;	 /* the next page; empty for none */
};

void validator_init(struct validator *);
void validator_release(struct validator *);

/* NULL, or what is wrong with the member: a constant string. */
const char *validators_check(struct slice etags);

/*
 * Find the validator of a URL in a checked member, empty if there is none;
 * etags.p may be NULL. False if out of memory.
 */
bool validator_find(struct validator *, struct slice etags, struct slice url);

#endif
