#include "base/mem.h"
#include "rehearse/history.h"
#include "rehearse/playlist_version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAKES (6 * HOUR_MS + HOUR_MS / 2) /* the listener's day, in UTC */
#define SLEEPS (23 * HOUR_MS + HOUR_MS * 3 / 4)

/*
 * A context is one number: its kind in the low bits, above it the index of
 * what is played from.
 */
enum context {
	CONTEXT_PLAYLIST,
	CONTEXT_ALBUM,
	CONTEXT_ARTIST,
	CONTEXT_COLLECTION,
	CONTEXT_KINDS
};

static int context_make(enum context kind, int index)
{
	return index * CONTEXT_KINDS + (int)kind;
}

const struct playlist *history_playlist(
    const struct catalogue *cat, int context)
{
	if (context < 0 || context % CONTEXT_KINDS != CONTEXT_PLAYLIST)
		return NULL;
	return &cat->playlists[context / CONTEXT_KINDS];
}

const char *history_context(
    const struct catalogue *cat, int context, char *uri, size_t size)
{
	int index = context / CONTEXT_KINDS;

	if (context < 0)
		return NULL;
	switch ((enum context)(context % CONTEXT_KINDS)) {
	case CONTEXT_PLAYLIST:
		snprintf(uri, size, "%s", cat->playlists[index].uri);
		return "playlist";
	case CONTEXT_ALBUM:
		snprintf(uri, size, "spotify:album:%s", cat->albums[index].id);
		return "album";
	case CONTEXT_ARTIST:
		snprintf(
		    uri, size, "spotify:artist:%s", cat->artists[index].id);
		return "artist";
	case CONTEXT_COLLECTION:
	case CONTEXT_KINDS: break;
	}
	snprintf(uri, size, "spotify:user:%s:collection", cat->user);
	return "collection";
}

void history_init(
    struct history *l, const struct catalogue *cat, int per_day, int64_t since)
{
	memset(l, 0, sizeof(*l));
	l->catalogue = cat;
	l->seed = prng_derive(cat->seed, cat->user, 2);
	l->per_day = per_day;
	l->next_day = since / DAY_MS;
}

void history_release(struct history *l)
{
	free(l->plays);
	l->plays = NULL;
	l->count = l->room = 0;
}

static bool push(struct history *l, const struct play *p)
{
	if (l->count >= PLAYS_MAX)
		return false;
	l->plays =
	    mem_grow(l->plays, &l->room, l->count + 1, sizeof(*l->plays));
	l->plays[l->count++] = *p;
	return true;
}

/* What a sitting is played from, and its next track. */
struct sitting {
	int context, step, left;
};

static int choose_context(const struct catalogue *cat, struct prng *c)
{
	uint64_t draw = prng_below(c, 100);
	const struct track *t = &cat->tracks[cat->favourites[prng_zipf(
	    c, (uint64_t)cat->track_count)]];

	if (draw < 30 || (t->local && draw >= 70))
		return -1;
	if (draw < 70)
		return context_make(CONTEXT_PLAYLIST,
		    (int)prng_below(c, (uint64_t)cat->played_lists));
	if (draw < 84)
		return context_make(CONTEXT_ALBUM, t->album);
	if (draw < 91)
		return context_make(CONTEXT_ARTIST, t->artists[0]);
	return context_make(CONTEXT_COLLECTION, 0);
}

static int choose_track(
    const struct catalogue *cat, struct prng *c, struct sitting *s)
{
	int index = s->context / CONTEXT_KINDS;
	uint64_t favourite = prng_zipf(c, (uint64_t)cat->track_count);

	s->step++;
	if (s->context >= 0 && s->context % CONTEXT_KINDS == CONTEXT_PLAYLIST) {
		const struct track *t =
		    playlist_pick_track(cat, &cat->playlists[index], c);

		return t != NULL ? (int)(t - cat->tracks)
				 : cat->favourites[favourite];
	}
	if (s->context >= 0 && s->context % CONTEXT_KINDS == CONTEXT_ALBUM) {
		const struct album *a = &cat->albums[index];

		return a->first_track + s->step % a->tracks;
	}
	if (s->context >= 0 && s->context % CONTEXT_KINDS == CONTEXT_ARTIST) {
		const struct artist *a = &cat->artists[index];
		const struct album *b =
		    &cat->albums[a->first_album +
				 (int)prng_below(c, (uint64_t)a->albums)];

		return b->first_track + (int)prng_below(c, (uint64_t)b->tracks);
	}
	return cat->favourites[favourite];
}

/* Play i of a day, and the pause before it: both in their own time so far. */
struct day_sketch {
	int track, context;
	int64_t lasts, pause;
};

static void draw_day(
    const struct catalogue *cat, struct prng *c, struct day_sketch *day, int n)
{
	struct sitting s = {-1, 0, 0};

	for (int i = 0; i < n; i++) {
		struct day_sketch *p = &day[i];

		p->pause = 0;
		if (s.left-- <= 0) {
			s.left = (int)prng_between(c, 0, 10);
			s.step = -1;
			s.context = choose_context(cat, c);
			p->pause = prng_between(c, 1, 1000);
		}
		p->context = s.context;
		p->track = choose_track(cat, c, &s);
		p->lasts = cat->tracks[p->track].duration;
		if (prng_below(c, 12) == 0) /* skipped after a while */
			p->lasts = prng_between(c, 30000, p->lasts);
		if (p->pause == 0 && i > 0 && prng_below(c, 30) == 0) {
			/* paused and resumed: the same track again */
			p->track = day[i - 1].track;
			p->lasts = prng_between(c, 2000, 60000);
		}
	}
}

static bool play_day(struct history *l, int64_t day, struct day_sketch *sketch,
    int n, struct prng *c)
{
	int64_t lasts = 0, room = SLEEPS - WAKES;
	int64_t pauses = prng_between(c, 1, 1000); /* before sleep */
	int64_t at = day * DAY_MS + WAKES;

	for (int i = 0; i < n; i++) {
		lasts += sketch[i].lasts;
		pauses += sketch[i].pause;
	}
	for (int i = 0; i < n; i++) {
		struct play p = {
		    0, 0, sketch[i].track, sketch[i].context, sketch[i].lasts};

		/* More music than the day holds is played faster. */
		if (lasts >= room) {
			p.heard = sketch[i].lasts * (room - n) / lasts;
			at += p.heard + 1;
		} else {
			at += sketch[i].lasts +
			      (room - lasts) * sketch[i].pause / pauses;
		}
		p.played_at = at;
		p.visible_at = at;
		if (prng_below(c, 25) == 0)
			p.visible_at += prng_between(c, HOUR_MS, 3 * HOUR_MS);
		if (!push(l, &p))
			return false;
	}
	return true;
}

bool history_extend(struct history *l, int64_t now)
{
	bool ok = true;

	while (ok && l->per_day > 0 && l->next_day <= now / DAY_MS) {
		struct prng c = {
		    prng_derive(l->seed, "day", (uint64_t)l->next_day)};
		int n = l->per_day * (int)prng_between(&c, 60, 140) / 100;
		struct day_sketch *day = mem_zero((size_t)n + 1, sizeof(*day));

		draw_day(l->catalogue, &c, day, n);
		ok = play_day(l, l->next_day, day, n, &c);
		l->next_day++;
		free(day);
	}
	return ok;
}

bool history_add(struct history *l, const struct play *p)
{
	size_t i = l->count;

	while (i > 0 && l->plays[i - 1].played_at > p->played_at)
		i--;
	if (i > 0 && l->plays[i - 1].played_at == p->played_at)
		return false;
	if (!push(l, p))
		return false;
	memmove(l->plays + i + 1, l->plays + i,
	    (l->count - 1 - i) * sizeof(*l->plays));
	l->plays[i] = *p;
	return true;
}

int history_recent(
    const struct history *l, int64_t now, const struct play **recent)
{
	int n = 0;

	for (size_t i = l->count; i > 0 && n < RECENT_PLAYS_MAX; i--) {
		const struct play *p = &l->plays[i - 1];

		if (p->played_at <= now && p->visible_at <= now)
			recent[n++] = p;
	}
	for (int i = 0; i < n / 2; i++) {
		const struct play *p = recent[i];

		recent[i] = recent[n - 1 - i];
		recent[n - 1 - i] = p;
	}
	return n;
}
