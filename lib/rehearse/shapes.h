/*
 * The Web API's objects, written as JSON: which fields they have depends on
 * the regime that the calling app lives under.
 */
#ifndef SP_REHEARSE_SHAPES_H
#define SP_REHEARSE_SHAPES_H

#include "base/buf.h"
#include "rehearse/catalogue.h"
#include "rehearse/listener.h"
#include "rehearse/playlists.h"

enum regime {
	REGIME_EXTENDED,      /* everything */
	REGIME_DEVELOPMENT,   /* new apps of 2026: fewer fields, new names */
	REGIME_GRANDFATHERED, /* older apps: old and new names together */
};

/* The most items of a page: of anything, and of /playlists/{id}/tracks. */
#define ITEMS_LIMIT 50
#define TRACKS_LIMIT 100

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
void shape_user(const struct person *, struct buf *);

/* /playlists/{id} when whole, else an element of /me/playlists */
void shape_playlist(
    const struct shapes *, const struct edition *, bool whole, struct buf *);

/* The part that was asked for of a list that counts by offset. */
struct window {
	const char *path; /* where the next page is, percent-encoded */
	int offset, limit;
	int most; /* the limit that the next page may have */
};

/* The end of a page: what follows its items, with the closing brace. */
void shape_page_links(
    const struct shapes *, const struct window *, int total, struct buf *);

/* One page of a playlist's items. */
void shape_items(const struct shapes *, const struct edition *,
    const struct window *, struct buf *);

/* One page of /me/tracks. */
void shape_saved(const struct shapes *, const struct window *, struct buf *);

/* /audio-features/{id}; of a few tracks there are none: false. */
bool shape_features(const struct track *, struct buf *);

#endif
