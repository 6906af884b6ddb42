/*
 * References to an object of Spotify, as users paste them: ids, URIs and links.
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
	struct slice kind; /* "track" and so on; p == NULL for an id alone */
	struct slice id;
};

/*
 * Parse a text; the slices are parts of it. A text that is neither a URI of a
 * known kind nor a link is an id. A link without an id has id.p == NULL.
 */
struct ref ref_parse(struct slice text);

#endif
