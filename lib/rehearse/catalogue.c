#include "base/array.h"
#include "base/mem.h"
#include "rehearse/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARTISTS 64
#define ALBUMS_MAX 4
#define TRACKS_MAX 12
#define LOCALS 4
#define EPISODES 24

/* Names that break careless quoting, escaping, widths and encodings. */
static const char *const odd_names[] = {
    "She Said \"Maybe\" (It's Only a 'Quote')", "C:\\new\\table\\",
    "\xF0\x9F\x8C\x8A\xF0\x9F\x94\xA5 (wave after wave)",
    "\xE5\xA4\x9C\xE3\x81\xAE\xE9\x9B\xBB\xE8\xBB\x8A", /* CJK */
    "\xD8\xA3\xD8\xBA\xD9\x86\xD9\x8A\xD8\xA9",		/* right to left */
    "Tab\there, newline\nthere", "'; DROP TABLE tracks; --", "null",
    "Cafe\xCC\x81 \xE2\x80\x94 Noe\xCC\x88l", /* combining accents */
    "100% / 50 \xE2\x82\xAC & <b>more</b>"};

static void make_artist(struct catalogue *cat, int i)
{
	struct artist *a = &cat->artists[i];
	struct prng c = {prng_derive(cat->seed, "artist", (uint64_t)i)};

	prng_id(prng_next(&c), a->id, SPOTIFY_ID_LEN);
	name_band(&c, a->name);
	if (prng_below(&c, 3) == 0) {
		memmove(a->name + 4, a->name, strlen(a->name) + 1);
		memcpy(a->name, "The ", 4);
	}
	if (i == 5)
		strcpy(a->name, "Bj\xC3\xB6rn & the \"Fj\xC3\xB6rds\"");
	a->popularity = (int)prng_between(&c, 5, 90);
	a->followers = prng_between(&c, 120, 9000000);
}

static void make_track(struct catalogue *cat, int album, int number)
{
	struct track *t = &cat->tracks[cat->track_count];
	struct prng c = {
	    prng_derive(cat->seed, "track", (uint64_t)cat->track_count)};

	prng_id(prng_next(&c), t->id, SPOTIFY_ID_LEN);
	snprintf(t->uri, sizeof(t->uri), "spotify:track:%s", t->id);
	name_song(&c, t->name);
	if (prng_below(&c, 9) == 0)
		strcat(t->name, " - 2011 Remaster");
	t->album = album;
	t->artists[0] = cat->albums[album].artist;
	t->artists[1] = (int)prng_below(&c, ARTISTS);
	t->artist_count =
	    prng_below(&c, 6) == 0 && t->artists[1] != t->artists[0] ? 2 : 1;
	t->duration = (int)prng_between(&c, 95000, 395000);
	t->number = number;
	t->popularity = (int)prng_between(&c, 0, 85);
	t->is_explicit = prng_below(&c, 8) == 0;
	cat->track_count++;
}

static void make_album(struct catalogue *cat, int artist)
{
	static const char *const precisions[] = {"year", "month", "day"};
	int index = cat->album_count++;
	struct album *a = &cat->albums[index];
	struct prng c = {prng_derive(cat->seed, "album", (uint64_t)index)};
	uint64_t precise = prng_below(&c, 10);
	int year, month, day;

	prng_id(prng_next(&c), a->id, SPOTIFY_ID_LEN);
	name_band(&c, a->name);
	precise = precise < 2 ? precise : 2;
	a->precision = precisions[precise];
	year = (int)prng_between(&c, 1969, 2025);
	month = (int)prng_between(&c, 1, 12);
	day = (int)prng_between(&c, 1, 28);
	snprintf(a->released, sizeof(a->released), "%04d-%02d-%02d",
	    year % 10000, month % 100, day % 100);
	a->released[4 + 3 * precise] = '\0';
	a->artist = artist;
	a->popularity = (int)prng_between(&c, 1, 88);
	a->first_track = cat->track_count;
	a->tracks =
	    prng_below(&c, 4) == 0 ? 1 : (int)prng_between(&c, 4, TRACKS_MAX);
	a->type = a->tracks == 1 ? "single" : "album";
	for (int i = 0; i < a->tracks; i++)
		make_track(cat, index, i + 1);
}

/* Files of the listener's own: no ids anywhere, a uri that spells it out. */
static void make_locals(struct catalogue *cat)
{
	static const char *const names[LOCALS] = {"Demo 3 (kitchen)",
	    "Grandma's waltz", "rehearsal 12:04", "Untitled \xC3\xA6"};
	static const char *const spelt[LOCALS] = {"Demo+3+%28kitchen%29",
	    "Grandma%27s+waltz", "rehearsal+12%3A04", "Untitled+%C3%A6"};
	struct artist *artist = &cat->artists[cat->artist_count];
	struct album *album = &cat->albums[cat->album_count];

	strcpy(artist->name, "Uncle Ferd");
	strcpy(album->name, "Attic Tapes");
	album->type = "album";
	album->artist = cat->artist_count++;
	album->first_track = cat->track_count;
	album->tracks = LOCALS;
	for (int i = 0; i < LOCALS; i++) {
		struct track *t = &cat->tracks[cat->track_count++];

		t->duration = 61000 + 45000 * i;
		snprintf(t->uri, sizeof(t->uri),
		    "spotify:local:Uncle+Ferd:Attic+Tapes:%s:%d", spelt[i],
		    t->duration / 1000);
		snprintf(t->name, sizeof(t->name), "%s", names[i]);
		t->album = cat->album_count;
		t->artists[0] = album->artist;
		t->artist_count = 1;
		t->local = true;
	}
	cat->album_count++;
	cat->local_count = LOCALS;
}

/* Shuffle the tracks. */
static void make_favourites(struct catalogue *cat)
{
	struct prng c = {prng_derive(cat->seed, cat->user, 1)};
	int *f = cat->favourites;

	for (int i = 0; i < cat->track_count; i++)
		f[i] = i;
	for (int i = cat->track_count - 1; i > 0; i--) {
		int j = (int)prng_below(&c, (uint64_t)i + 1), t = f[i];

		f[i] = f[j];
		f[j] = t;
	}
}

/* Put the local tracks among the favourites, so that they are played. */
static void favour_locals(struct catalogue *cat)
{
	int *f = cat->favourites;
	int music = cat->track_count - LOCALS;

	for (int k = 0; k < LOCALS; k++) {
		int from = 0, to = 7 + 12 * k;

		while (f[from] != music + k)
			from++;
		f[from] = f[to];
		f[to] = music + k;
	}
}

static void make_episode(struct catalogue *cat, int i)
{
	struct episode *e = &cat->episodes[i];
	struct prng c = {prng_derive(cat->seed, "episode", (uint64_t)i)};
	struct prng show = {prng_derive(cat->seed, "show", (uint64_t)i / 6)};

	prng_id(prng_next(&c), e->id, SPOTIFY_ID_LEN);
	snprintf(e->uri, sizeof(e->uri), "spotify:episode:%s", e->id);
	name_song(&c, e->name);
	e->duration = (int)prng_between(&c, 600000, 7200000);
	prng_id(prng_next(&show), e->show_id, SPOTIFY_ID_LEN);
	name_band(&show, e->show);
}

static void fill(struct catalogue *cat)
{
	for (int i = 0; i < ARTISTS; i++)
		make_artist(cat, i);
	cat->artist_count = ARTISTS;
	for (int i = 0; i < ARTISTS; i++) {
		struct prng c = {prng_derive(cat->seed, "works", (uint64_t)i)};

		cat->artists[i].first_album = cat->album_count;
		cat->artists[i].albums = (int)prng_between(&c, 1, ALBUMS_MAX);
		for (int k = 0; k < cat->artists[i].albums; k++)
			make_album(cat, i);
	}
	make_locals(cat);
	make_favourites(cat);
	for (size_t i = 0; i < COUNT_OF(odd_names); i++)
		strcpy(
		    cat->tracks[cat->favourites[2 + 3 * i]].name, odd_names[i]);
	favour_locals(cat);
	for (int i = 0; i < EPISODES; i++)
		make_episode(cat, i);
	cat->episode_count = EPISODES;
}

static void name_user(struct catalogue *cat, const char *user)
{
	snprintf(cat->user, sizeof(cat->user), "%s", user);
	snprintf(
	    cat->user_name, sizeof(cat->user_name), "%s (rehearsing)", user);
}

struct catalogue *catalogue_new(
    uint64_t seed, const char *user, int lists, int big)
{
	struct catalogue *cat = mem_zero(1, sizeof(*cat));
	size_t albums = ARTISTS * ALBUMS_MAX + 1;
	size_t tracks = albums * TRACKS_MAX + LOCALS;

	cat->seed = seed;
	name_user(cat, user);
	cat->artists = mem_zero(ARTISTS + 1, sizeof(*cat->artists));
	cat->albums = mem_zero(albums, sizeof(*cat->albums));
	cat->tracks = mem_zero(tracks, sizeof(*cat->tracks));
	cat->favourites = mem_zero(tracks, sizeof(*cat->favourites));
	cat->episodes = mem_zero(EPISODES, sizeof(*cat->episodes));
	fill(cat);
	catalogue_make_playlists(cat, lists, big);
	return cat;
}

struct catalogue *catalogue_share(
    const struct catalogue *music, const char *user, int lists, int big)
{
	struct catalogue *cat = mem_alloc(sizeof(*cat));

	*cat = *music;
	cat->shared = true;
	name_user(cat, user);
	cat->favourites =
	    mem_zero((size_t)cat->track_count, sizeof(*cat->favourites));
	make_favourites(cat);
	favour_locals(cat);
	catalogue_make_playlists(cat, lists, big);
	return cat;
}

void catalogue_free(struct catalogue *cat)
{
	if (cat == NULL)
		return;
	free(cat->people);
	free(cat->playlists);
	free(cat->favourites);
	if (cat->shared) {
		free(cat);
		return;
	}
	free(cat->episodes);
	free(cat->tracks);
	free(cat->albums);
	free(cat->artists);
	free(cat);
}

const struct artist *catalogue_artist(
    const struct catalogue *cat, const char *id)
{
	for (int i = 0; i < cat->artist_count; i++) {
		if (*id != '\0' && strcmp(cat->artists[i].id, id) == 0)
			return &cat->artists[i];
	}
	return NULL;
}

const struct album *catalogue_album(const struct catalogue *cat, const char *id)
{
	for (int i = 0; i < cat->album_count; i++) {
		if (*id != '\0' && strcmp(cat->albums[i].id, id) == 0)
			return &cat->albums[i];
	}
	return NULL;
}

const struct track *catalogue_track(const struct catalogue *cat, const char *id)
{
	for (int i = 0; i < cat->track_count; i++) {
		const struct track *t = &cat->tracks[i];

		if (*id != '\0' &&
		    (strcmp(t->id, id) == 0 || strcmp(t->uri, id) == 0))
			return t;
	}
	return NULL;
}

static const struct playlist *find_playlist(
    const struct catalogue *cat, const char *id)
{
	for (int i = 0; i < cat->playlist_count; i++) {
		if (strcmp(cat->playlists[i].id, id) == 0)
			return &cat->playlists[i];
	}
	return NULL;
}

const struct playlist *catalogue_playlist_at(
    const struct catalogue *cat, const char *path, const char **rest)
{
	static const char prefix[] = "/v1/playlists/";
	const char *from = path + sizeof(prefix) - 1;
	char id[ID_SIZE];
	size_t len;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	len = strcspn(from, "/?");
	if (len >= sizeof(id))
		return NULL;
	memcpy(id, from, len);
	id[len] = '\0';
	*rest = from + len;
	return find_playlist(cat, id);
}

const struct person *catalogue_person(
    const struct catalogue *cat, const char *id)
{
	for (int i = 0; i < cat->people_count; i++) {
		if (strcmp(cat->people[i].id, id) == 0)
			return &cat->people[i];
	}
	return NULL;
}
