/* What the Web API's answers are made with. */
#ifndef SP_REHEARSE_API_PARTS_H
#define SP_REHEARSE_API_PARTS_H

#include "rehearse/rehearsal.h"

/* Borrows from the rehearsal. */
struct shapes api_shapes(const struct rehearsal *);

/* A JSON string of the url that was asked for. */
void api_href(const struct rehearsal *, const struct ask *, struct buf *);

/* Make the reply a 404. */
void api_not_found(struct reply *);

/* limit, from 1 to most, 20 if absent; false: the reply says what is wrong. */
bool api_limit(
    const struct ask *, int64_t most, int64_t *limit, struct reply *);

/* offset and limit, the latter up to w->most; false as above. */
bool api_window(const struct ask *, struct window *w, struct reply *);

/*
 * Answer whatever is below /v1/playlists, and the lists of playlists; false if
 * the path is none of these.
 */
bool playlists_answer(
    const struct rehearsal *, const struct ask *, struct reply *);

#endif
