#include "match/rules.h"

#include <stdlib.h>

#include "base/mem.h"
#include "match/assign.h"

/* Whether a stream may have a play, and has none yet. */
static bool seeks(const struct match_stream *s)
{
	return s->touched && s->rule == MATCH_NOT && !s->apart &&
	       (s->ms_played >= MATCH_SHORT || s->trackdone || s->crashed ||
		   s->handed_over);
}

static bool is_free(const struct match_play *p)
{
	return p->touched && !p->taken;
}

static void match_tracks(struct excerpt *e, struct assignment *a)
{
	for (uint32_t i = 0; i < e->play_count; i++)
		if (is_free(&e->plays[i]))
			assign_offer(a, e->plays[i].track, i);
	for (size_t i = 0; i < e->stream_count; i++)
		if (seeks(&e->streams[i]) && e->streams[i].track != MATCH_NONE)
			assign_seek(a, e->streams[i].track, &e->streams[i]);
	assign_run(a, e->plays, MATCH_TRACK);
}

static uint32_t isrc_of(const struct excerpt *e, uint32_t track)
{
	return track == MATCH_NONE ? MATCH_NONE : e->tracks[track].isrc;
}

static void match_isrcs(struct excerpt *e, struct assignment *a)
{
	for (uint32_t i = 0; i < e->play_count; i++) {
		uint32_t isrc = isrc_of(e, e->plays[i].track);

		if (is_free(&e->plays[i]) && isrc != MATCH_NONE)
			assign_offer(a, isrc, i);
	}
	for (size_t i = 0; i < e->stream_count; i++) {
		uint32_t isrc = isrc_of(e, e->streams[i].track);

		if (seeks(&e->streams[i]) && isrc != MATCH_NONE)
			assign_seek(a, isrc, &e->streams[i]);
	}
	assign_run(a, e->plays, MATCH_ISRC);
}

static void match_names(struct excerpt *e, struct assignment *a)
{
	for (uint32_t i = 0; i < e->play_count; i++) {
		const struct match_track *t = &e->tracks[e->plays[i].track];

		for (uint32_t n = 0;
		     is_free(&e->plays[i]) && n < t->names_count; n++)
			assign_offer(a, e->track_names[t->first_names + n], i);
	}
	for (size_t i = 0; i < e->stream_count; i++) {
		struct match_stream *s = &e->streams[i];

		if (seeks(s) && s->named_only && s->names != MATCH_NONE)
			assign_seek(a, s->names, s);
	}
	assign_run(a, e->plays, MATCH_NAMES);
}

/* --- streams of a basic export that extended ones replace ----------------- */

/* A stream by the minute of its end and its names. */
struct ending {
	int64_t minute;
	uint32_t names;
	struct match_stream *stream;
};

static int64_t minute_of(int64_t ms)
{
	return ms < 0 ? -((-ms + MATCH_COARSE) / CLOCK_MINUTE)
		      : ms / CLOCK_MINUTE;
}

/* By names, minute, and what was played; extended ones by their keys. */
static int compare_endings(const void *x, const void *y)
{
	const struct ending *a = x, *b = y;

	if (a->names != b->names)
		return a->names < b->names ? -1 : 1;
	if (a->minute != b->minute)
		return a->minute < b->minute ? -1 : 1;
	if (a->stream->coarse != b->stream->coarse)
		return a->stream->coarse ? 1 : -1;
	return (a->stream > b->stream) - (a->stream < b->stream);
}

/* The extended stream of the same time and names: one as long, or the first. */
static const struct ending *find_replacement(
    const struct ending *from, const struct ending *basic)
{
	for (const struct ending *n = from; !n->stream->coarse; n++)
		if (n->stream->ms_played == basic->stream->ms_played)
			return n;
	return from;
}

static void replace_basic(struct excerpt *e)
{
	struct ending *list = mem_alloc((e->stream_count + 1) * sizeof(*list));
	const struct ending *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < e->stream_count; i++) {
		struct match_stream *s = &e->streams[i];

		if (s->touched && s->names != MATCH_NONE)
			list[n++] =
			    (struct ending){minute_of(s->end), s->names, s};
	}
	qsort(list, n, sizeof(*list), compare_endings);
	for (size_t i = 0; i < n; i++) {
		struct match_stream *s = list[i].stream;

		if (!first || first->names != list[i].names ||
		    first->minute != list[i].minute)
			first = &list[i];
		if (!s->coarse || first->stream->coarse)
			continue;
		s->rule = MATCH_BASIC;
		s->leader =
		    (uint32_t)(find_replacement(first, &list[i])->stream -
			       e->streams);
	}
	free(list);
}

/* The play of a replaced stream is that of the one that replaces it. */
static void share_plays(struct excerpt *e)
{
	for (size_t i = 0; i < e->stream_count; i++) {
		struct match_stream *s = &e->streams[i];

		if (s->touched && s->rule == MATCH_BASIC)
			s->play = e->streams[s->leader].play;
	}
}

/* --- pieces of one listening ---------------------------------------------- */

static int compare_tracks(const void *x, const void *y)
{
	const struct match_stream *a = *(struct match_stream *const *)x;
	const struct match_stream *b = *(struct match_stream *const *)y;

	if (a->track != b->track)
		return a->track < b->track ? -1 : 1;
	return (a > b) - (a < b);
}

/* Between the end of a stream and the start of the next one. */
static int64_t gap(const struct match_stream *a, const struct match_stream *b)
{
	return a->end < b->start ? b->start - a->end : a->end - b->start;
}

/* Whether a stream goes on with the next one. */
static bool goes_on(const struct match_stream *a, const struct match_stream *b)
{
	return a->track == b->track && gap(a, b) <= MATCH_PIECE_GAP &&
	       (a->handed_over || a->crashed || b->taken_over);
}

static bool leads(const struct match_stream *s)
{
	return s->rule == MATCH_TRACK || s->rule == MATCH_ISRC ||
	       s->rule == MATCH_NAMES;
}

static void follow(struct match_stream *s, const struct match_stream *neighbour,
    int64_t distance)
{
	s->rule = MATCH_PIECE;
	s->play = neighbour->play;
	s->leader = neighbour->leader;
	s->distance = distance;
}

/* Backward for the next stream with a play, then forward for the last one. */
static void follow_leaders(struct match_stream **list, size_t n)
{
	for (size_t i = n; i-- > 1;) {
		struct match_stream *s = list[i - 1], *next = list[i];

		if (s->rule == MATCH_NOT && next->rule != MATCH_NOT &&
		    goes_on(s, next))
			follow(s, next, gap(s, next));
	}
	for (size_t i = 1; i < n; i++) {
		struct match_stream *s = list[i], *last = list[i - 1];

		if (s->rule == MATCH_NOT && last->rule != MATCH_NOT &&
		    goes_on(last, s))
			follow(s, last, gap(last, s));
	}
}

static void join_pieces(struct excerpt *e)
{
	struct match_stream **list =
	    mem_alloc((e->stream_count + 1) * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < e->stream_count; i++) {
		struct match_stream *s = &e->streams[i];

		if (leads(s))
			s->leader = (uint32_t)i;
		if (s->touched && !s->apart && s->track != MATCH_NONE)
			list[n++] = s;
	}
	qsort(list, n, sizeof(struct match_stream *), compare_tracks);
	follow_leaders(list, n);
	free(list);
}

void rules_apply(struct excerpt *e)
{
	struct assignment a = {.offer_count = 0};

	if (e->has_names)
		replace_basic(e);
	match_tracks(e, &a);
	match_isrcs(e, &a);
	if (e->has_names)
		match_names(e, &a);
	assign_release(&a);
	join_pieces(e);
	share_plays(e);
}
