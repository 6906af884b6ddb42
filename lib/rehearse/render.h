/*
 * The Web API's objects, written as JSON: which fields they have depends on
 * the access mode that the calling app lives under.
 */
#ifndef SP_REHEARSE_RENDER_H
#define SP_REHEARSE_RENDER_H

#include "base/buf.h"
#include "rehearse/catalogue.h"
#include "rehearse/history.h"
#include "rehearse/playlist_version.h"

enum access_mode {
	ACCESS_EXTENDED,      /* everything */
	ACCESS_DEVELOPMENT,   /* new apps of 2026: fewer fields, new names */
	ACCESS_GRANDFATHERED, /* older apps: old and new names together */
};

/* The most items of a page: of anything, and of /playlists/{id}/tracks. */
#define ITEMS_LIMIT 50
#define TRACKS_LIMIT 100

/* What every shape needs to know. */
struct render_context {
	const struct catalogue *catalogue;
	enum access_mode access_mode;
	const char *base; /* http://127.0.0.1:PORT, for links between pages */
};

/* Whether the access mode leaves objects the fields that new apps have lost. */
bool render_has_all_fields(const struct render_context *);

void render_artist(
    const struct render_context *, const struct artist *, struct buf *);
void render_album(
    const struct render_context *, const struct album *, struct buf *);
void render_track(
    const struct render_context *, const struct track *, struct buf *);
void render_play(
    const struct render_context *, const struct play *, struct buf *);

/* /me */
void render_me(const struct render_context *, struct buf *);

/* /users/{id} */
void render_user(const struct person *, struct buf *);

/* /playlists/{id} when whole, else an element of /me/playlists */
void render_playlist(const struct render_context *,
    const struct playlist_version *, bool whole, struct buf *);

/* The part that was asked for of a list that counts by offset. */
struct page_range {
	const char *path; /* where the next page is, percent-encoded */
	int offset, limit;
	int most; /* the limit that the next page may have */
};

/* The end of a page: what follows its items, with the closing brace. */
void render_page_links(const struct render_context *, const struct page_range *,
    int total, struct buf *);

/* One page of a playlist's items. */
void render_items(const struct render_context *,
    const struct playlist_version *, const struct page_range *, struct buf *);

/* One page of /me/tracks. */
void render_saved_tracks(
    const struct render_context *, const struct page_range *, struct buf *);

/* /audio-features/{id}; of a few tracks there are none: false. */
bool render_features(const struct track *, struct buf *);

#endif
