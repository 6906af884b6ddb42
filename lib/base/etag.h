/*
 * Entity tags, RFC 9110 section 8.8.3: what a server calls a version of an
 * answer, and is sent back in If-None-Match. They come from outside, so that
 * only what is one is ever put into a header: no control character can be in
 * it. What may stand in one but is not ASCII (obs-text) is refused too: JSON
 * would not bring it back as it was.
 */
#ifndef SP_BASE_ETAG_H
#define SP_BASE_ETAG_H

#include <stdbool.h>

#include "base/slice.h"

#define ETAG_MAX 256 /* bytes, with its quotes */

/* Whether it is `"…"` or `W/"…"`, and not too long. */
bool etag_is_valid(struct slice);

/* Whether two name the same version, as If-None-Match compares: weakly. */
bool etag_eq(struct slice, struct slice);

/*
 * Whether an If-None-Match header names this one: it is `*`, or a list with
 * commas between. What is no list matches nothing.
 */
bool etag_is_listed(struct slice header, struct slice etag);

#endif
