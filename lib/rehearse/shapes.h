/*
 * The Web API's objects, written as JSON: which fields they have depends on
 * the regime that the calling app lives under.
 */
#ifndef SP_REHEARSE_SHAPES_H
#define SP_REHEARSE_SHAPES_H

#include "base/buf.h"
#include "rehearse/catalogue.h"
#include "rehearse/listener.h"

enum regime {
	REGIME_EXTENDED,      /* everything */
	REGIME_DEVELOPMENT,   /* new apps of 2026: fewer fields, new names */
	REGIME_GRANDFATHERED, /* older apps: old and new names together */
};

/* What every shape needs to know. */
struct shapes {
	const struct catalogue *catalogue;
	enum regime regime;
	const char *base; /* http://127.0.0.1:PORT, for links between pages */
};

void shape_artist(const struct shapes *, const struct artist *, struct buf *);
void shape_album(const struct shapes *, const struct album *, struct buf *);
void shape_track(const struct shapes *, const struct track *, struct buf *);
void shape_play(const struct shapes *, const struct play *, struct buf *);

/* /me */
void shape_me(const struct shapes *, struct buf *);

/* /users/{id} */
void shape_user(const char *id, const char *name, struct buf *);

/* /playlists/{id} when whole, else an element of /me/playlists */
void shape_playlist(
    const struct shapes *, const struct playlist *, bool whole, struct buf *);

/*
 * The end of a page that counts by offset: what follows its items, with the
 * closing brace.
 */
void shape_page_links(const struct shapes *, const char *path, int offset,
    int limit, int total, struct buf *);

/* One page of a playlist's items, from offset on. */
void shape_items(const struct shapes *, const struct playlist *, int offset,
    int limit, const char *path, struct buf *);

/* One page of /me/tracks. */
void shape_saved(const struct shapes *, int offset, int limit, struct buf *);

/* /audio-features/{id} */
void shape_features(const struct track *, struct buf *);

#endif
