/*
 * The music that does not exist: artists, albums, tracks and playlists made up
 * from a seed. Nothing changes after catalogue_new; what is reached through it
 * lives as long as the catalogue.
 */
#ifndef SP_REHEARSE_CATALOGUE_H
#define SP_REHEARSE_CATALOGUE_H

#include "rehearse/chance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SIZE (SPOTIFY_ID_LEN + 1)
#define NAME_SIZE 96
#define DJ_PLAYLIST "37i9dQZF1EYkqdzj48dyYq"

struct artist {
	char id[ID_SIZE]; /* empty for an artist of local files */
	char name[NAME_SIZE];
	int popularity; /* 0 to 100 */
	int64_t followers;
	int first_album, albums;
};

struct album {
	char id[ID_SIZE]; /* empty for the album of a local file */
	char name[NAME_SIZE];
	const char *type;  /* album, single, compilation */
	char released[16]; /* 2019, 2019-03 or 2019-03-08 */
	const char *precision;
	int artist, first_track, tracks, popularity;
};

struct track {
	char id[ID_SIZE]; /* empty for a local file */
	char uri[160];
	char name[NAME_SIZE];
	int album, artists[2], artist_count; /* indexes in the catalogue */
	int duration;			     /* in ms */
	int number, popularity;
	bool is_explicit, local;
};

struct playlist {
	char id[ID_SIZE];
	char uri[160]; /* as plays name it: sometimes the legacy form */
	char name[NAME_SIZE];
	char owner[NAME_SIZE], owner_name[NAME_SIZE];
	const char *description; /* NULL: null */
	bool is_public, collaborative;
	bool mine;     /* the user owns it or collaborates */
	bool listed;   /* in the user's library */
	bool own_made; /* made by the service, as 37i9... are */
	int *tracks;   /* indexes; -1 is a track that is gone */
	int track_count;
};

struct catalogue {
	uint64_t seed;
	char user[NAME_SIZE], user_name[NAME_SIZE];
	struct artist *artists;
	struct album *albums;
	struct track *tracks;
	struct playlist *playlists;
	int artist_count, album_count, track_count, playlist_count;
	int *favourites; /* every track index, the user's favourites first */
};

/* Make up all of it; NULL when out of memory. */
struct catalogue *catalogue_new(uint64_t seed, const char *user);
void catalogue_free(struct catalogue *);

/* Find by id (a track also by uri); NULL if there is none. */
const struct artist *catalogue_artist(const struct catalogue *, const char *);
const struct album *catalogue_album(const struct catalogue *, const char *);
const struct track *catalogue_track(const struct catalogue *, const char *);
const struct playlist *catalogue_playlist(
    const struct catalogue *, const char *);

#endif
