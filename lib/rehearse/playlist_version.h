/*
 * The items of a playlist at a moment. Nothing of it is kept: an item is
 * worked out from the seed, the clock, and the changes that faults made, so
 * that any item of a long list is as near as the first.
 *
 * The timed changes go round: two items are added at the end, the cover
 * changes, two items leave the front.
 */
#ifndef SP_REHEARSE_PLAYLIST_VERSION_H
#define SP_REHEARSE_PLAYLIST_VERSION_H

#include "rehearse/catalogue.h"

/* Changes made by faults, oldest first; all is owned. */
struct playlist_changes {
	struct playlist_change {
		int list; /* index of the playlist */
		bool swap;
		int64_t at; /* ms */
	} * all;
	int count, room;
};

/*
 * A new item comes to the front of a playlist, now (ms); swap: and the last
 * one goes.
 */
void playlist_changes_add(
    struct playlist_changes *, int list, bool swap, int64_t now);
void playlist_changes_release(struct playlist_changes *);

/* A playlist at a moment; everything else is borrowed. */
struct playlist_version {
	const struct catalogue *catalogue;
	const struct playlist *list;
	const struct playlist_changes *changes;
	int total; /* items */
	int first; /* the number of the oldest item that is left */
	int front; /* items put to the front by faults */
	int cover; /* how often the cover has changed */
	char snapshot[33];
};

/*
 * The edition of a moment (ms). moved makes a snapshot of its own for lists
 * of the service's, whose snapshots move at every request.
 */
void playlist_version_init(struct playlist_version *, const struct catalogue *,
    const struct playlist *, const struct playlist_changes *, int64_t now,
    uint64_t moved);

/* An item of a playlist: a track, an episode, or neither: gone. */
struct playlist_item {
	const struct track *track;
	const struct episode *episode;
	int64_t added_at;	       /* in ms; -1: null */
	const struct person *added_by; /* NULL: null */
};

/* The item at a position below the version's total. */
void playlist_version_item(
    const struct playlist_version *, int position, struct playlist_item *);

/*
 * A track to play from a playlist: one of its first version, so that a history
 * does not depend on the clock. NULL if that item is no track.
 */
const struct track *playlist_pick_track(
    const struct catalogue *, const struct playlist *, struct prng *);

#endif
