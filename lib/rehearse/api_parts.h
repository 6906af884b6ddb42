/* What the Web API's answers are made with. */
#ifndef SP_REHEARSE_API_PARTS_H
#define SP_REHEARSE_API_PARTS_H

#include "rehearse/mock.h"

/* Borrows from the mock. */
struct render_context api_render_context(const struct mock *);

/* A JSON string of the url that was asked for. */
void api_href(const struct mock *, const struct mock_request *, struct buf *);

/* Make the response a 404. */
void api_not_found(struct mock_response *);

/* limit, from 1 to most, 20 if absent; false: the reply says what is wrong. */
bool api_limit(const struct mock_request *, int64_t most, int64_t *limit,
    struct mock_response *);

/* offset and limit, the latter up to w->most; false as above. */
bool api_page_range(
    const struct mock_request *, struct page_range *w, struct mock_response *);

/*
 * Answer whatever is below /v1/playlists, and the lists of playlists; false if
 * the path is none of these.
 */
bool playlists_respond(
    const struct mock *, const struct mock_request *, struct mock_response *);

#endif
