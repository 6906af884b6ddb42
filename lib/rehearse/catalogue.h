/*
 * The music that does not exist: artists, albums, tracks and playlists made up
 * from a seed. Nothing changes after catalogue_new; what is reached through it
 * lives as long as the catalogue.
 */
#ifndef SP_REHEARSE_CATALOGUE_H
#define SP_REHEARSE_CATALOGUE_H

#include "rehearse/made_up_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SIZE (SPOTIFY_ID_LEN + 1)
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

struct person {
	char id[NAME_SIZE];   /* may be anything that a name can hold */
	char name[NAME_SIZE]; /* empty: null */
};

struct episode {
	char id[ID_SIZE], uri[64], name[NAME_SIZE];
	char show_id[ID_SIZE], show[NAME_SIZE];
	int duration; /* in ms */
};

/* Its items are computed: see playlist_version.h. */
struct playlist {
	char id[ID_SIZE];
	char uri[160]; /* as plays name it: sometimes the legacy form */
	char name[NAME_SIZE];
	const char *description; /* NULL: null */
	uint64_t seed;
	int owner; /* index of people */
	int size;  /* items at the start */
	int hours; /* between changes; 0: it never changes */
	unsigned flags;
	bool mine;	   /* the user owns it or collaborates */
	bool listed;	   /* in the user's library */
	bool service_made; /* made by the service, as 37i9... are */
};

/* The flags of a playlist. */
#define PLAYLIST_PUBLIC 1u
#define PLAYLIST_PUBLIC_NULL 2u	  /* public is null */
#define PLAYLIST_COLLABORATIVE 4u /* several people add to it */
#define PLAYLIST_HOLES 8u	  /* some items are gone: null */
#define PLAYLIST_EPISODES 16u	  /* some items are episodes */
#define PLAYLIST_LOCALS 32u	  /* some items are local files */
#define PLAYLIST_UNDATED 64u	  /* nobody knows who added what, and when */
#define PLAYLIST_COVERLESS 128u	  /* images is null */
#define PLAYLIST_UNCOUNTED 256u	  /* its total is null among the others */
#define PLAYLIST_GONE 512u	  /* only a null in the library is left */
#define PLAYLIST_WIDE 1024u	  /* of all tracks alike, not of favourites */

struct catalogue {
	uint64_t seed;
	char user[NAME_SIZE], user_name[NAME_SIZE];
	struct artist *artists;
	struct album *albums;
	struct track *tracks; /* the last local_count are local files */
	struct episode *episodes;
	struct playlist *playlists;
	struct person *people; /* the first is the user */
	int artist_count, album_count, track_count, playlist_count;
	int episode_count, people_count, local_count;
	int played_lists; /* playlists before this one are played from */
	int *favourites;  /* every track index, the user's favourites first */
	bool shared;	  /* the music is another catalogue's */
};

#define PLAYLISTS_MAX 20000	 /* that a user can be given */
#define PLAYLIST_SIZE_MAX 100000 /* items of the big playlist */

/*
 * Make up all of it. The user's library holds lists playlists, -1 for the
 * usual few; one of them has big items, 0 for none.
 */
struct catalogue *catalogue_new(
    uint64_t seed, const char *user, int lists, int big);

/*
 * The same music as another user knows it, with other favourites and playlists.
 * Free it before the catalogue whose music it is.
 */
struct catalogue *catalogue_share(
    const struct catalogue *music, const char *user, int lists, int big);

void catalogue_free(struct catalogue *);

/*
 * The parts of catalogue_new that make people and playlists, once there is
 * music.
 */
void catalogue_make_playlists(struct catalogue *, int lists, int big);

/* Find by id (a track also by uri); NULL if there is none. */
const struct artist *catalogue_artist(const struct catalogue *, const char *);
const struct album *catalogue_album(const struct catalogue *, const char *);
const struct track *catalogue_track(const struct catalogue *, const char *);

/*
 * The playlist of a path /v1/playlists/{id}...; what follows the id goes to
 * *rest. NULL if there is none.
 */
const struct playlist *catalogue_playlist_at(
    const struct catalogue *, const char *path, const char **rest);

const struct person *catalogue_person(const struct catalogue *, const char *);

#endif
