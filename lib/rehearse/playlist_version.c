#include "base/mem.h"
#include "rehearse/playlist_version.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ADDED ((int64_t)1700000000000)  /* in November 2023 */
#define FIRST_CHANGE ((int64_t)1735689600000) /* in January 2025 */
#define ADDED_INTERVAL ((int64_t)5400123)     /* from item to item, in ms */
#define CHANGE_HOUR ((int64_t)3600000)

void playlist_changes_add(
    struct playlist_changes *c, int list, bool swap, int64_t now)
{
	if (c->count == c->room) {
		c->room = c->room * 2 + 16;
		c->all = mem_resize(c->all, (size_t)c->room, sizeof(*c->all));
	}
	c->all[c->count++] = (struct playlist_change){list, swap, now};
}

void playlist_changes_release(struct playlist_changes *c)
{
	free(c->all);
	*c = (struct playlist_changes){NULL, 0, 0};
}

/* How many items were added and removed, and covers changed, after n changes */
static int added(int64_t n)
{
	return (int)(n / 5 * 2 + (n % 5 < 2 ? n % 5 : 2));
}

static int removed(int64_t n)
{
	return (int)(n / 5 * 2 + (n % 5 > 3 ? n % 5 - 3 : 0));
}

static int covered(int64_t n)
{
	return (int)(n / 5 + (n % 5 > 2));
}

/* Lists do not all change at the same moment. */
static int64_t first_change(const struct playlist *p)
{
	return FIRST_CHANGE +
	       (int64_t)(p->seed % 97) * p->hours * CHANGE_HOUR / 97;
}

static int64_t count_changes(const struct playlist *p, int64_t now)
{
	if (p->hours == 0 || now < first_change(p))
		return 0;
	return (now - first_change(p)) / (p->hours * CHANGE_HOUR) + 1;
}

void playlist_version_init(struct playlist_version *e,
    const struct catalogue *cat, const struct playlist *p,
    const struct playlist_changes *changes, int64_t now, uint64_t moved)
{
	int64_t n = count_changes(p, now);
	int index = (int)(p - cat->playlists), dropped = 0;
	uint64_t version;

	*e = (struct playlist_version){cat, p, changes, .first = removed(n)};
	for (int i = 0; i < changes->count; i++) {
		if (changes->all[i].list != index)
			continue;
		e->front++;
		dropped += changes->all[i].swap;
	}
	e->total = p->size + added(n) - removed(n) + e->front - dropped;
	/* Only swaps at a list that is shorter by now could go below. */
	if (e->total < e->front)
		e->total = e->front;
	e->cover = covered(n);
	version = (uint64_t)n << 20 | (uint64_t)e->front;
	if (p->service_made)
		version ^= moved << 40;
	prng_id(prng_derive(p->seed, "snapshot", version), e->snapshot, 32);
}

static const struct track *any_track(
    const struct catalogue *cat, const struct playlist *p, struct prng *c)
{
	uint64_t n = (uint64_t)cat->track_count;
	uint64_t k = (p->flags & PLAYLIST_WIDE) != 0 ? prng_below(c, n)
						     : prng_zipf(c, n);

	return &cat->tracks[cat->favourites[k]];
}

static const struct person *adder(
    const struct catalogue *cat, const struct playlist *p, struct prng *c)
{
	static const int shares[] = {-1, 0, 2, 4, 6};
	int who = shares[prng_below(c, 5)];

	if ((p->flags & PLAYLIST_COLLABORATIVE) == 0 || who < 0)
		who = p->owner;
	return &cat->people[who];
}

/* Item number n of all that the list ever had, but for when it was added. */
static void draw(const struct catalogue *cat, const struct playlist *p, int n,
    struct playlist_item *it)
{
	struct prng c = {prng_derive(p->seed, "item", (uint64_t)n)};

	*it = (struct playlist_item){NULL, NULL, -1, adder(cat, p, &c)};
	if ((p->flags & PLAYLIST_HOLES) != 0 && n % 23 == 17)
		return;
	if ((p->flags & PLAYLIST_EPISODES) != 0 && n % 9 == 4)
		it->episode = &cat->episodes[prng_below(
		    &c, (uint64_t)cat->episode_count)];
	else if ((p->flags & PLAYLIST_LOCALS) != 0 && n % 11 == 7)
		it->track = &cat->tracks[cat->track_count - 1 -
					 (int)prng_below(
					     &c, (uint64_t)cat->local_count)];
	else
		it->track = any_track(cat, p, &c);
}

static int64_t when_added(const struct playlist *p, int n)
{
	int64_t between = ADDED_INTERVAL, made = n - p->size;

	if (made >= 0)
		return first_change(p) +
		       (made / 2 * 5 + made % 2) * p->hours * CHANGE_HOUR;
	if (p->size * between > FIRST_CHANGE - FIRST_ADDED)
		between = (FIRST_CHANGE - FIRST_ADDED) / p->size;
	return FIRST_ADDED + n * between;
}

/* The change by a fault that put an item to this position. */
static const struct playlist_change *front_change(
    const struct playlist_version *e, int position)
{
	int index = (int)(e->list - e->catalogue->playlists);
	int i = e->changes->count;

	for (int left = position; i-- > 0;) {
		if (e->changes->all[i].list == index && left-- == 0)
			break;
	}
	return &e->changes->all[i];
}

void playlist_version_item(
    const struct playlist_version *e, int position, struct playlist_item *it)
{
	const struct playlist *p = e->list;
	int n = e->first + position - e->front;
	struct prng c = {
	    prng_derive(p->seed, "front", (uint64_t)(e->front - position))};

	if (position < e->front) {
		*it = (struct playlist_item){any_track(e->catalogue, p, &c),
		    NULL, front_change(e, position)->at,
		    &e->catalogue->people[p->owner]};
	} else {
		draw(e->catalogue, p, n, it);
		it->added_at = when_added(p, n);
	}
	it->added_at -= it->added_at % 1000;
	if ((p->flags & PLAYLIST_UNDATED) != 0 && position >= e->front &&
	    n < p->size * 2 / 3) {
		it->added_at = -1;
		it->added_by = NULL;
	}
}

const struct track *playlist_pick_track(
    const struct catalogue *cat, const struct playlist *p, struct prng *c)
{
	struct playlist_item it = {0};

	if (p->size > 0)
		draw(cat, p, (int)prng_below(c, (uint64_t)p->size), &it);
	return it.track;
}
