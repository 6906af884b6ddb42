#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rehearse/export_day.h"

#include <stdlib.h>
#include <string.h>

#define NEARBY 16 /* how many plays away the same track is looked for */
#define LONG_PAUSE (15 * CLOCK_MINUTE)
#define LATEST (458 * CLOCK_SECOND) /* that the API reports a whole track */

void export_day_release(struct export_day *d)
{
	free(d->rows);
	d->rows = NULL;
	d->count = d->room = 0;
}

struct day_stream *export_day_add(struct export_day *d)
{
	static const int devices[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2};
	struct day_stream *row;

	d->rows = mem_grow(d->rows, &d->room, d->count + 1, sizeof(*d->rows));
	row = &d->rows[d->count++];
	*row = (struct day_stream){
	    .played_at = INT64_MIN,
	    .device = devices[prng_below(&d->prng, COUNT_OF(devices))],
	};
	return row;
}

static enum export_era era_of(int64_t day)
{
	static const int64_t ends[] = {
	    17532 /* 2018-01-01 */, 19280 /* 2022-10-15 */,
	    20089 /* 2025-01-01 */
	};
	int era = 0;

	while (era < (int)COUNT_OF(ends) && day >= ends[era])
		era++;
	return (enum export_era)era;
}

/* The plays of a day, and the one whose streams are made next. */
struct day_plays {
	const struct play *plays;
	size_t count, i;
	int64_t free_at;    /* when the stream before it has ended */
	int before;	    /* its track; -1: the day begins */
	const char *reason; /* why it ended */
};

/*
 * How late the API may report the play so that no other stream of that track
 * is nearer to it.
 */
static int64_t latest(const struct day_plays *s)
{
	const struct play *p = &s->plays[s->i];
	size_t from = s->i > NEARBY ? s->i - NEARBY : 0;
	int64_t nearest = CLOCK_DAY;

	for (size_t k = from; k < s->count && k <= s->i + NEARBY; k++) {
		int64_t away = llabs(s->plays[k].played_at - p->played_at);

		if (k != s->i && s->plays[k].track == p->track &&
		    away < nearest)
			nearest = away;
	}
	return nearest > 2 * CLOCK_SECOND ? nearest / 2 - CLOCK_SECOND : 0;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long after its end the API reports a stream, of those since 2025. */
static int64_t draw_delay(struct export_day *d, int64_t room)
{
	/* After a pause more often than within a sitting. */
	uint64_t draw = prng_below(&d->prng, room > LONG_PAUSE ? 600 : 1000);
	int64_t delay;

	if (room > 5 * CLOCK_SECOND && room < LATEST &&
	    prng_below(&d->prng, 5) > 1)
		return room; /* as late as the one before it */
	if (draw < 40)
		delay = prng_between(&d->prng, 90 * CLOCK_SECOND, LATEST);
	else if (draw < 80)
		delay = prng_between(
		    &d->prng, 30 * CLOCK_SECOND, 90 * CLOCK_SECOND);
	else if (draw < 160)
		delay =
		    prng_between(&d->prng, 5 * CLOCK_SECOND, 30 * CLOCK_SECOND);
	else
		delay = prng_between(&d->prng, 0, 4 * CLOCK_SECOND);
	return least(delay, room);
}

/* One listening of the API, before it becomes rows. */
struct listening {
	int64_t start, end, ts, heard;
	const char *reason_start, *reason_end;
	bool offline;
};

static bool heard_whole(const struct export_day *d, const struct play *p)
{
	return p->heard < 30 * CLOCK_SECOND ||
	       p->heard >= d->catalogue->tracks[p->track].duration;
}

/* Why it began: what ended before it, or the listener came back. */
static const char *why_it_began(
    struct export_day *d, const struct day_plays *s, int64_t pause)
{
	static const char *const after_pause[] = {"clickrow", "playbtn"};

	if (pause >= CLOCK_MINUTE || s->before < 0)
		return after_pause[prng_below(&d->prng, 2)];
	if (s->before == s->plays[s->i].track)
		return "appload";
	return s->reason; /* only what ends by itself or by a button */
}

/* The years in which a play's time is that of its start. */
static void from_start(const struct day_plays *s, struct listening *l)
{
	const struct play *p = &s->plays[s->i];

	l->start = p->played_at;
	if (s->i + 1 < s->count)
		l->heard = least(l->heard, p[1].played_at - p->played_at);
	l->end = l->ts = l->start + l->heard;
}

/* The years in which it is that of the end, or later. */
static void from_end(
    struct export_day *d, const struct day_plays *s, struct listening *l)
{
	const struct play *p = &s->plays[s->i];
	int64_t room = p->played_at - l->heard - s->free_at;
	int64_t most = least(room, latest(s)), pause = 0;

	/* Its ts may be late: then the end is known by the device alone. */
	if (l->offline)
		most = least(most, 4 * CLOCK_SECOND);
	l->end = p->played_at;
	if (d->era == ERA_LATER && most > 2 * CLOCK_HOUR &&
	    prng_below(&d->prng, 20) == 0) {
		l->reason_end = "unexpected-exit";
		l->end -= prng_between(&d->prng, CLOCK_HOUR, most);
	} else if (d->era == ERA_LATER && most > 0) {
		l->end -= draw_delay(d, most);
	}
	l->heard = least(l->heard, l->end - s->free_at);
	if (!l->offline && room > 2 * LONG_PAUSE &&
	    prng_below(&d->prng, 15) == 0)
		pause = prng_between(&d->prng, CLOCK_MINUTE, 12 * CLOCK_MINUTE);
	if (l->end - l->heard - pause < s->free_at)
		pause = 0;
	l->start = l->end - l->heard - pause;
	l->ts = l->end;
	if (d->era == ERA_REAL_END)
		l->ts += prng_between(&d->prng, 0, 2 * CLOCK_SECOND);
}

/* What was heard offline may be noticed late: ts is not the end. */
static void notice_late(
    struct export_day *d, const struct play *p, struct listening *l)
{
	uint64_t one_in = d->era == ERA_REAL_END ? 1
			  : d->era == ERA_SAME	 ? 40
						 : 4;

	if (!l->offline || d->era == ERA_START ||
	    prng_below(&d->prng, one_in) > 0)
		return;
	l->ts = p->visible_at;
	if (prng_below(&d->prng, 12) == 0) /* a flight */
		l->ts += prng_between(&d->prng, CLOCK_HOUR, 60 * CLOCK_HOUR);
}

static void plan(
    struct export_day *d, const struct day_plays *s, struct listening *l)
{
	const struct play *p = &s->plays[s->i];

	*l = (struct listening){
	    .heard = p->heard,
	    .reason_end = heard_whole(d, p) ? "trackdone" : "fwdbtn",
	    .offline = p->visible_at > p->played_at,
	};
	if (d->era == ERA_START)
		from_start(s, l);
	else
		from_end(d, s, l);
	if (l->heard < 30 * CLOCK_SECOND)
		l->reason_end = "trackdone";
	notice_late(d, p, l);
	l->reason_start = why_it_began(d, s, l->start - s->free_at);
}

static struct day_stream *add_row(
    struct export_day *d, const struct play *p, const struct listening *l)
{
	struct day_stream *row = export_day_add(d);

	row->kind =
	    d->catalogue->tracks[p->track].local ? EXPORT_LOCAL : EXPORT_TRACK;
	row->index = p->track;
	row->start = l->start;
	row->ts = l->ts;
	row->heard = l->heard;
	row->played_at = p->played_at;
	row->reason_start = l->reason_start;
	row->reason_end = l->reason_end;
	row->shuffle = p->context > 0 && p->context % 3 == 0;
	row->offline = l->offline;
	if (row->device == 2 && l->ts == l->end)
		row->start = INT64_MIN;
	return row;
}

/* Played on by other devices: each has a part of it, the last one ends it. */
static void hand_over(
    struct export_day *d, const struct play *p, const struct listening *whole)
{
	static const char *const ends[] = {"logout", "remote"};
	static const char *const starts[] = {"remote", "appload"};
	struct listening part = *whole;
	int64_t left = whole->heard;

	for (int i = 0; i < 2; i++) {
		part.heard = prng_between(&d->prng, 5000, left / 2);
		part.ts = part.end = part.start + part.heard;
		part.reason_end = ends[i];
		add_row(d, p, &part)->piece = true;
		left -= part.heard;
		part.start = part.end;
		part.reason_start = starts[i];
	}
	part.heard = left;
	part.ts = whole->ts;
	part.end = whole->end;
	part.reason_end = whole->reason_end;
	add_row(d, p, &part);
}

/* Played to its end at a stretch, and not one of several in a row. */
static bool may_be_handed_over(const struct export_day *d,
    const struct day_plays *s, const struct listening *l)
{
	return d->era != ERA_START && s->before != s->plays[s->i].track &&
	       !l->offline && l->ts < l->end + 2 * CLOCK_SECOND &&
	       strcmp(l->reason_end, "trackdone") == 0 &&
	       l->heard == l->end - l->start && l->heard >= 90 * CLOCK_SECOND;
}

static void add_play(struct export_day *d, struct day_plays *s)
{
	const struct play *p = &s->plays[s->i];
	int64_t from = s->free_at;
	struct listening l;

	if (s->i > 0 && p[-1].played_at > from)
		from = p[-1].played_at;
	plan(d, s, &l);
	export_day_fill(d, from, l.start, s->before, p->track);
	if (may_be_handed_over(d, s, &l) && prng_below(&d->prng, 40) == 0)
		hand_over(d, p, &l);
	else
		add_row(d, p, &l);
	s->free_at = l.end;
	s->before = p->track;
	s->reason = l.reason_end;
}

void export_day_make(
    struct export_day *d, const struct catalogue *cat, int per_day, int64_t day)
{
	struct history h;
	struct day_plays s = {.before = -1};

	d->catalogue = cat;
	d->era = era_of(day);
	d->begins = day * CLOCK_DAY;
	d->prng.state = prng_derive(
	    prng_derive(cat->seed, cat->user, 3), "day", (uint64_t)day);
	d->count = 0;
	history_init(&h, cat, per_day, d->begins);
	history_extend(&h, d->begins);
	s.plays = h.plays;
	s.count = h.count;
	s.free_at = d->begins + CLOCK_HOUR;
	for (s.i = 0; s.i < s.count; s.i++)
		add_play(d, &s);
	history_release(&h);
}
