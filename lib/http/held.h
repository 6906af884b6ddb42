/*
 * What is held of a request's pages already: the member `etags` of a request
 * record, from the URL of each to its entity tag and, unless it was the last
 * page, the path and query of the next:
 *
 *	{"https://…/v1/me/playlists?…":{"etag":"W/\"…\"","next":"/v1/me/…"}}
 *
 * It comes from the stream, and so from anyone: what is no entity tag is
 * refused before anything is asked. A tag is found by the whole URL, so that
 * it goes to the origin that it came from.
 */
#ifndef SP_HTTP_HELD_H
#define SP_HTTP_HELD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/etag.h"
#include "base/slice.h"

struct held {
	char etag[ETAG_MAX + 1]; /* "" for nothing held */
	struct buf next;	 /* empty for none */
};

void held_init(struct held *);
void held_release(struct held *);

/* NULL, or why it is not such a member: a constant string. */
const char *held_check(struct slice etags);

/*
 * Find what is held of a URL, in what was checked; p == NULL in `etags` holds
 * nothing. False without memory.
 */
bool held_find(struct held *, struct slice etags, struct slice url);

#endif
