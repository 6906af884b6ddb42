/* What several endpoints of the Web API have in common. */
#ifndef SP_REHEARSE_API_PARTS_H
#define SP_REHEARSE_API_PARTS_H

#include "rehearse/mock.h"

/* Borrows from the mock. */
struct render_context api_render_context(const struct mock *);

/* The URL of the request, as a JSON string. */
void api_href(const struct mock *, const struct mock_request *, struct buf *);

/* Make the response a 404. */
void api_not_found(struct mock_response *);

/* Parse a number of the query; *n stays if it is absent. False: invalid. */
bool api_number(const struct mock_request *, const char *name, int64_t *n);

/* limit, from 1 to most, 20 if absent; false: the response is the error. */
bool api_limit(const struct mock_request *, int64_t most, int64_t *limit,
    struct mock_response *);

/* offset and limit, the latter up to w->most; false as above. */
bool api_page_range(
    const struct mock_request *, struct page_range *w, struct mock_response *);

/*
 * Respond to paths below /v1/playlists, and to the lists of playlists; false
 * for any other path.
 */
bool playlists_respond(
    const struct mock *, const struct mock_request *, struct mock_response *);

#endif
