/*
 * What people paste for a thing of Spotify: its id, its URI, or its link.
 *
 *	6rqhFgbbKwnb9MLmUQDhG6
 *	spotify:track:ID
 *	spotify:user:NAME:playlist:ID
 *	https://open.spotify.com/intl-de/playlist/ID?si=…
 *
 * A link may lack its scheme, and may have a language, an owner before the
 * playlist, a trailing slash, a query and a fragment.
 */
#ifndef SP_SPOTIFY_REF_H
#define SP_SPOTIFY_REF_H

#include "base/slice.h"

struct ref {
	struct slice kind; /* "track" and so on; p == NULL for a bare id */
	struct slice id;
};

/*
 * Read a text; the slices are parts of it. A text that is neither a URI of a
 * known kind nor a link is taken for an id as it stands. A link without an id
 * has id.p == NULL.
 */
struct ref ref_parse(struct slice text);

#endif
