/* Who the listener's friends are, and what playlists all of them have. */
#include "base/array.h"
#include "base/mem.h"
#include "rehearse/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PERSON_USER,
	PERSON_DESK,
	PERSON_JORG,
	PERSON_ANA,
	PERSON_STRANGER,
	PERSON_SERVICE,
	PERSON_NOOR,
	PERSON_FLOOR,
	PERSON_COUNT
};

/* In that order, the user before them. */
static const struct {
	const char *id, *name;
	const char *legacy; /* as a legacy uri spells the id */
} known[PERSON_COUNT] = {{NULL, NULL, NULL},
    {"quietdesk", "The Quiet Desk", "quietdesk"},
    {"j\xC3\xB6rg_m", "J\xC3\xB6rg", "j\xC3\xB6rg_m"},
    {"ana maria", "Ana Mar\xC3\xAD\x61", "ana%20maria"},
    {"b7k2zq0x9v1m", "", NULL}, {"spotify", "Spotify", NULL},
    {"noor.listens", "Noor \"N\" \xF0\x9F\x8C\x99", NULL},
    {"31thirdfloorleft", "Third Floor, Left", NULL}};

static const struct playlist_sketch {
	const char *name, *description;
	int owner, size, hours;
	bool listed;
	unsigned flags;
} sketches[] = {
    {"Morning Commute", "", PERSON_USER, 31, 20, true, PLAYLIST_PUBLIC},
    {"\xF0\x9F\x8F\x83 Running, \"fast\"", "faster &amp; faster", PERSON_USER,
	118, 0, true, PLAYLIST_HOLES | PLAYLIST_EPISODES | PLAYLIST_LOCALS},
    {"Road Trip", "", PERSON_USER, 64, 44, true,
	PLAYLIST_COLLABORATIVE | PLAYLIST_EPISODES},
    {"Deep Focus Society", NULL, PERSON_DESK, 140, 168, true, PLAYLIST_PUBLIC},
    {"Kl\xC3\xA4nge", "", PERSON_JORG, 22, 0, true, PLAYLIST_PUBLIC},
    {"S\xC3\xA1\x62\x61\x64o", "", PERSON_ANA, 50, 30, true,
	PLAYLIST_PUBLIC | PLAYLIST_UNCOUNTED},
    {"Empty for Now", "", PERSON_USER, 0, 0, true,
	PLAYLIST_PUBLIC | PLAYLIST_COVERLESS},
    {"A Stranger's Mix", "", PERSON_STRANGER, 35, 100, false, PLAYLIST_PUBLIC},
    {"DJ", "", PERSON_SERVICE, 0, 0, false, 0},
    {"Daylist", "", PERSON_SERVICE, 50, 6, true, PLAYLIST_PUBLIC},
    {"Stairwell", NULL, PERSON_FLOOR, 27, 31, true,
	PLAYLIST_COLLABORATIVE | PLAYLIST_PUBLIC_NULL},
    {"Taped off the Radio", "", PERSON_USER, 48, 0, true,
	PLAYLIST_UNDATED | PLAYLIST_LOCALS},
    {"Gone Fishing", "", PERSON_NOOR, 19, 0, true,
	PLAYLIST_PUBLIC | PLAYLIST_GONE},
    {"Noor's Kitchen", "", PERSON_NOOR, 12, 72, true,
	PLAYLIST_PUBLIC | PLAYLIST_COVERLESS},
};

static void make_people(struct catalogue *cat, int strangers)
{
	for (int i = 0; i < PERSON_COUNT + strangers; i++) {
		struct person *p = &cat->people[i];
		struct prng c = {prng_derive(cat->seed, "person", (uint64_t)i)};

		if (i >= PERSON_COUNT) {
			prng_id(prng_next(&c), p->id, 25);
			name_band(&c, p->name);
			continue;
		}
		snprintf(p->id, sizeof(p->id), "%s",
		    i == PERSON_USER ? cat->user : known[i].id);
		snprintf(p->name, sizeof(p->name), "%s",
		    i == PERSON_USER ? cat->user_name : known[i].name);
	}
	cat->people_count = PERSON_COUNT + strangers;
}

/* What every playlist has; the rest of it is there. */
static void finish_playlist(struct catalogue *cat, int i)
{
	struct playlist *p = &cat->playlists[i];
	struct prng c = {prng_derive(cat->seed, cat->user, 100 + (uint64_t)i)};
	const char *legacy =
	    p->owner < PERSON_COUNT ? known[p->owner].legacy : NULL;

	p->seed = prng_next(&c);
	prng_id(p->seed, p->id, SPOTIFY_ID_LEN);
	p->service_made = p->owner == PERSON_SERVICE;
	if (strcmp(p->name, "DJ") == 0)
		strcpy(p->id, DJ_PLAYLIST);
	else if (p->service_made)
		memcpy(p->id, "37i9dQZF1E", 10);
	p->mine =
	    p->owner == PERSON_USER || (p->flags & PLAYLIST_COLLABORATIVE) != 0;
	if (legacy != NULL)
		snprintf(p->uri, sizeof(p->uri), "spotify:user:%s:playlist:%s",
		    legacy, p->id);
	else
		snprintf(p->uri, sizeof(p->uri), "spotify:playlist:%s", p->id);
}

static void make_sketched(struct catalogue *cat, int i, bool listed)
{
	const struct playlist_sketch *s = &sketches[i];
	struct playlist *p = &cat->playlists[i];

	snprintf(p->name, sizeof(p->name), "%s", s->name);
	p->description = s->description;
	p->owner = s->owner;
	p->size = s->size;
	p->hours = s->hours;
	p->flags = s->flags;
	p->listed = listed;
	finish_playlist(cat, i);
}

static void make_big(struct catalogue *cat, int i, int size)
{
	struct playlist *p = &cat->playlists[i];

	strcpy(p->name, "Everything, Ever");
	p->description = "";
	p->size = size;
	p->flags = PLAYLIST_HOLES | PLAYLIST_EPISODES | PLAYLIST_LOCALS |
		   PLAYLIST_WIDE;
	p->listed = true;
	finish_playlist(cat, i);
}

/* One of many: the user's own, and every fourth somebody else's. */
static void make_further(struct catalogue *cat, int i)
{
	static const unsigned flags[] = {0, PLAYLIST_PUBLIC, PLAYLIST_PUBLIC,
	    PLAYLIST_PUBLIC | PLAYLIST_EPISODES, PLAYLIST_PUBLIC_NULL,
	    PLAYLIST_HOLES, PLAYLIST_LOCALS, PLAYLIST_COLLABORATIVE};
	struct playlist *p = &cat->playlists[i];
	struct prng c = {prng_derive(cat->seed, "further", (uint64_t)i)};

	name_song(&c, p->name);
	p->description = "";
	p->size = (int)prng_between(&c, 0, 60);
	if (p->size > 0 && prng_below(&c, 3) == 0)
		p->hours = (int)prng_between(&c, 12, 400);
	p->flags = flags[prng_below(&c, COUNT_OF(flags))];
	if (prng_below(&c, 4) == 0)
		p->owner = PERSON_COUNT +
			   (int)prng_below(&c,
			       (uint64_t)(cat->people_count - PERSON_COUNT));
	p->listed = true;
	finish_playlist(cat, i);
}

void catalogue_make_playlists(struct catalogue *cat, int lists, int big)
{
	int listed = 0, further, n = 0;

	for (size_t i = 0; i < COUNT_OF(sketches); i++)
		listed += sketches[i].listed;
	if (lists < 0)
		lists = listed + (big > 0);
	further = lists - listed - (big > 0);
	further = further > 0 ? further : 0;
	cat->people = mem_zero(
	    PERSON_COUNT + 1 + (size_t)further / 8, sizeof(*cat->people));
	cat->playlists = mem_zero(
	    COUNT_OF(sketches) + 1 + (size_t)further, sizeof(*cat->playlists));
	make_people(cat, 1 + further / 8);
	if (big > 0)
		lists--;
	for (; n < (int)COUNT_OF(sketches); n++)
		make_sketched(cat, n, sketches[n].listed && lists-- > 0);
	cat->played_lists = n;
	if (big > 0)
		make_big(cat, n++, big);
	while (further-- > 0)
		make_further(cat, n++);
	cat->playlist_count = n;
}
