/* Who the listener's friends are, and what playlists all of them have. */
#include "rehearse/catalogue.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum { USER, DESK, JORG, ANA, STRANGER, SERVICE, NOOR, FLOOR, KNOWN };

/* In that order, the user before them. */
static const struct {
	const char *id, *name;
	const char *legacy; /* as a legacy uri spells the id */
} known[KNOWN] = {{NULL, NULL, NULL},
    {"quietdesk", "The Quiet Desk", "quietdesk"},
    {"j\xC3\xB6rg_m", "J\xC3\xB6rg", "j\xC3\xB6rg_m"},
    {"ana maria", "Ana Mar\xC3\xAD\x61", "ana%20maria"},
    {"b7k2zq0x9v1m", "", NULL}, {"spotify", "Spotify", NULL},
    {"noor.listens", "Noor \"N\" \xF0\x9F\x8C\x99", NULL},
    {"31thirdfloorleft", "Third Floor, Left", NULL}};

static const struct sketch {
	const char *name, *description;
	int owner, size, hours;
	bool listed;
	unsigned flags;
} sketches[] = {
    {"Morning Commute", "", USER, 31, 20, true, LIST_PUBLIC},
    {"\xF0\x9F\x8F\x83 Running, \"fast\"", "faster &amp; faster", USER, 118, 0,
	true, LIST_HOLES | LIST_EPISODES | LIST_LOCALS},
    {"Road Trip", "", USER, 64, 44, true, LIST_COLLAB | LIST_EPISODES},
    {"Deep Focus Society", NULL, DESK, 140, 168, true, LIST_PUBLIC},
    {"Kl\xC3\xA4nge", "", JORG, 22, 0, true, LIST_PUBLIC},
    {"S\xC3\xA1\x62\x61\x64o", "", ANA, 50, 30, true,
	LIST_PUBLIC | LIST_UNCOUNTED},
    {"Empty for Now", "", USER, 0, 0, true, LIST_PUBLIC | LIST_COVERLESS},
    {"A Stranger's Mix", "", STRANGER, 35, 100, false, LIST_PUBLIC},
    {"DJ", "", SERVICE, 0, 0, false, 0},
    {"Daylist", "", SERVICE, 50, 6, true, LIST_PUBLIC},
    {"Stairwell", NULL, FLOOR, 27, 31, true, LIST_COLLAB | LIST_UNSAID},
    {"Taped off the Radio", "", USER, 48, 0, true, LIST_OLD | LIST_LOCALS},
    {"Gone Fishing", "", NOOR, 19, 0, true, LIST_PUBLIC | LIST_GONE},
    {"Noor's Kitchen", "", NOOR, 12, 72, true, LIST_PUBLIC | LIST_COVERLESS},
};

static void make_people(struct catalogue *cat, int strangers)
{
	for (int i = 0; i < KNOWN + strangers; i++) {
		struct person *p = &cat->people[i];
		struct chance c = {
		    chance_mix(cat->seed, "person", (uint64_t)i)};

		if (i >= KNOWN) {
			chance_id(chance_next(&c), p->id, 25);
			catalogue_band_name(&c, p->name);
			continue;
		}
		snprintf(p->id, sizeof(p->id), "%s",
		    i == USER ? cat->user : known[i].id);
		snprintf(p->name, sizeof(p->name), "%s",
		    i == USER ? cat->user_name : known[i].name);
	}
	cat->people_count = KNOWN + strangers;
}

/* What every playlist has; the rest of it is there. */
static void finish_playlist(struct catalogue *cat, int i)
{
	struct playlist *p = &cat->playlists[i];
	struct chance c = {chance_mix(cat->seed, cat->user, 100 + (uint64_t)i)};
	const char *legacy = p->owner < KNOWN ? known[p->owner].legacy : NULL;

	p->seed = chance_next(&c);
	chance_id(p->seed, p->id, SPOTIFY_ID_LEN);
	p->own_made = p->owner == SERVICE;
	if (strcmp(p->name, "DJ") == 0)
		strcpy(p->id, DJ_PLAYLIST);
	else if (p->own_made)
		memcpy(p->id, "37i9dQZF1E", 10);
	p->mine = p->owner == USER || (p->flags & LIST_COLLAB) != 0;
	if (legacy != NULL)
		snprintf(p->uri, sizeof(p->uri), "spotify:user:%s:playlist:%s",
		    legacy, p->id);
	else
		snprintf(p->uri, sizeof(p->uri), "spotify:playlist:%s", p->id);
}

static void make_sketched(struct catalogue *cat, int i, bool listed)
{
	const struct sketch *s = &sketches[i];
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
	p->flags = LIST_HOLES | LIST_EPISODES | LIST_LOCALS | LIST_WIDE;
	p->listed = true;
	finish_playlist(cat, i);
}

/* One of many: the user's own, and every fourth somebody else's. */
static void make_further(struct catalogue *cat, int i)
{
	static const unsigned flags[] = {0, LIST_PUBLIC, LIST_PUBLIC,
	    LIST_PUBLIC | LIST_EPISODES, LIST_UNSAID, LIST_HOLES, LIST_LOCALS,
	    LIST_COLLAB};
	struct playlist *p = &cat->playlists[i];
	struct chance c = {chance_mix(cat->seed, "further", (uint64_t)i)};

	catalogue_song_name(&c, p->name);
	p->description = "";
	p->size = (int)chance_between(&c, 0, 60);
	if (p->size > 0 && chance_below(&c, 3) == 0)
		p->hours = (int)chance_between(&c, 12, 400);
	p->flags = flags[chance_below(&c, COUNT(flags))];
	if (chance_below(&c, 4) == 0)
		p->owner = KNOWN + (int)chance_below(&c,
				       (uint64_t)(cat->people_count - KNOWN));
	p->listed = true;
	finish_playlist(cat, i);
}

void catalogue_make_playlists(struct catalogue *cat, int lists, int big)
{
	int listed = 0, further, n = 0;

	for (size_t i = 0; i < COUNT(sketches); i++)
		listed += sketches[i].listed;
	if (lists < 0)
		lists = listed + (big > 0);
	further = lists - listed - (big > 0);
	further = further > 0 ? further : 0;
	cat->people =
	    mem_zero(KNOWN + 1 + (size_t)further / 8, sizeof(*cat->people));
	cat->playlists = mem_zero(
	    COUNT(sketches) + 1 + (size_t)further, sizeof(*cat->playlists));
	make_people(cat, 1 + further / 8);
	if (big > 0)
		lists--;
	for (; n < (int)COUNT(sketches); n++)
		make_sketched(cat, n, sketches[n].listed && lists-- > 0);
	cat->played_lists = n;
	if (big > 0)
		make_big(cat, n++, big);
	while (further-- > 0)
		make_further(cat, n++);
	cat->playlist_count = n;
}
