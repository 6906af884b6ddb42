/* The rows of an export that the API never shows. */
#include "base/clock.h"
#include "rehearse/export_day.h"

#define MANY 28 /* phantoms at a time */

/* A time without plays, and what fills it. */
struct idle {
	struct export_day *day;
	int64_t at, until;
	int before, after; /* the tracks around it */
};

/* Something is heard for so long, from `at` on. */
static struct day_stream *hear(struct idle *f, enum export_kind kind, int index,
    int64_t heard, const char *why)
{
	struct day_stream *row = export_day_add(f->day);

	row->kind = kind;
	row->index = index;
	row->start = f->at;
	row->heard = heard;
	row->ts = f->at += heard;
	row->reason_start = "clickrow";
	row->reason_end = why;
	if (row->device == 2)
		row->start = INT64_MIN;
	return row;
}

static int64_t between(struct idle *f, int64_t lo, int64_t hi)
{
	return prng_between(&f->day->prng, lo, hi);
}

static bool one_in(struct idle *f, uint64_t n)
{
	return prng_below(&f->day->prng, n) == 0;
}

/* A track that is not played right before or after. */
static int choose_other(struct idle *f)
{
	const struct catalogue *cat = f->day->catalogue;
	int track;

	do {
		track = cat->favourites[prng_zipf(
		    &f->day->prng, (uint64_t)cat->track_count)];
	} while (cat->tracks[track].local || track == f->before ||
		 track == f->after);
	return track;
}

/* Another track, from lo to hi ms of it. */
static struct day_stream *hear_other(
    struct idle *f, int64_t lo, int64_t hi, const char *why)
{
	int track = choose_other(f);

	return hear(f, EXPORT_TRACK, track, between(f, lo, hi), why);
}

/* Touched and left again: several rows that end at once. */
static void touch(struct idle *f)
{
	int64_t heard[] = {0, 0, 0}, at = f->at;
	int n = (int)between(f, 1, 3);
	int track = choose_other(f);

	heard[0] = between(f, 500, 1990);
	heard[2] = between(f, 1, 400);

	for (int i = 0; i < n; i++) {
		f->at = at - heard[i];
		hear(f, EXPORT_TRACK, track, heard[i], "clickrow");
	}
	if (n == 3 && one_in(f, 20)) { /* exported twice */
		struct day_stream *again = export_day_add(f->day);

		*again = again[-1];
	}
}

/* Looking for what to play: none is heard for long. */
static void skip_through(struct idle *f)
{
	for (int n = (int)between(f, 0, 8); n > 0; n--)
		hear_other(f, 0, 24000, "fwdbtn");
}

/* Cut short, but heard for a while: the API hardly shows such. */
static void cut_short(struct idle *f)
{
	const char *why = one_in(f, 3) ? "endplay" : "fwdbtn";

	hear_other(f, 30000, 85000, why);
}

/* The track that comes next, begun, left, and begun again. */
static void false_start(struct idle *f)
{
	if (!f->day->catalogue->tracks[f->after].local)
		hear(f, EXPORT_TRACK, f->after, between(f, 30000, 60000),
		    "fwdbtn");
}

static void private_session(struct idle *f)
{
	const struct track *tracks = f->day->catalogue->tracks;

	for (int n = (int)between(f, 2, 5); n > 0; n--) {
		int track = choose_other(f);

		hear(
		    f, EXPORT_TRACK, track, tracks[track].duration, "trackdone")
		    ->incognito = true;
	}
}

static struct day_stream *podcast(struct idle *f)
{
	const struct catalogue *cat = f->day->catalogue;
	int index = (int)between(f, 0, cat->episode_count - 1);
	int64_t lasts = cat->episodes[index].duration;
	int64_t heard = between(f, 1000, 30 * CLOCK_MINUTE);

	if (heard >= lasts)
		return hear(f, EXPORT_EPISODE, index, lasts, "trackdone");
	return hear(f, EXPORT_EPISODE, index, heard, "endplay");
}

static void watch_video(struct idle *f)
{
	if (one_in(f, 2))
		podcast(f)->video = true;
	else
		hear_other(f, 2000, 200000, "endplay")->video = true;
}

/* A device that claims again and again what nobody has heard. */
static void phantoms(struct idle *f)
{
	int track = choose_other(f);

	for (int i = 0; i < MANY; i++) {
		struct day_stream *row =
		    hear(f, EXPORT_TRACK, track, 149000, "endplay");

		row->device = 1;
		row->start = row->ts - row->heard;
		f->at = row->ts = row->start + between(f, 5000, 10000);
	}
}

/* What takes a while, at most 35 minutes. */
static void spend_time(struct idle *f)
{
	uint64_t draw = prng_below(&f->day->prng, 100);
	int index = (int)between(f, 0, 47); /* of what is made up for it */

	if (draw < 8)
		private_session(f);
	else if (draw < 20)
		podcast(f);
	else if (draw < 25 && f->day->era >= ERA_SAME) /* before, none */
		hear(f, EXPORT_CHAPTER, index,
		    between(f, CLOCK_MINUTE, 30 * CLOCK_MINUTE), "endplay");
	else if (draw < 30)
		watch_video(f);
	else if (draw < 33)
		hear(f, EXPORT_REMOVED, index, between(f, 90000, 240000),
		    "trackdone");
	else if (draw < 34 && one_in(f, 3))
		phantoms(f);
}

void export_day_fill(
    struct export_day *d, int64_t from, int64_t to, int before, int after)
{
	struct idle f = {d, from, to, before, after};

	if (one_in(&f, 10))
		touch(&f);
	f.at = from + 2 * CLOCK_MINUTE;
	if (to - from > CLOCK_HOUR)
		spend_time(&f);
	if (to - f.at < 10 * CLOCK_MINUTE)
		return;
	f.at = to - 8 * CLOCK_MINUTE;
	for (int n = (int)between(&f, 0, 2); n > 0; n--)
		cut_short(&f);
	if (one_in(&f, 10))
		false_start(&f);
	skip_through(&f);
}
