/*
 * The streams of an export and the plays of the API, as they are compared to
 * find out which of them are the same listening. All are of one user, and their
 * arrays are in the order of their keys: a smaller index is the smaller key,
 * which breaks ties. Times are Unix milliseconds.
 */
#ifndef SP_MATCH_LISTENING_H
#define SP_MATCH_LISTENING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* No play, no track: where a number or an index is expected. */
#define MATCH_NONE UINT32_MAX

/* By which rule a stream was matched; play_matches has their names. */
enum match_rule {
	MATCH_NOT,   /* it has no partner */
	MATCH_TRACK, /* a play of the same track */
	MATCH_ISRC,  /* a play of another track of the same recording */
	MATCH_NAMES, /* a play whose track and artist have these names */
	MATCH_PIECE, /* it is a piece of the listening of its leader */
	MATCH_BASIC  /* of a basic export, and its leader the same stream */
};

/* How far a play may be from its stream. */
#define MATCH_BEFORE (5 * CLOCK_SECOND) /* from its start */
#define MATCH_AFTER (15 * CLOCK_MINUTE) /* from its end */
#define MATCH_AFTER_CRASH (24 * CLOCK_HOUR)
#define MATCH_SHORT (30 * CLOCK_SECOND) /* what is less seldom is a play */
#define MATCH_PIECE_GAP (60 * CLOCK_SECOND)
#define MATCH_LONGEST (7 * CLOCK_DAY) /* from the start to the end */
#define MATCH_START_LATE \
	(3 * CLOCK_SECOND) /* how far it may be after the end */
/* A basic export cuts the end to the minute: the last it may have been. */
#define MATCH_COARSE (CLOCK_MINUTE - 1)

/* The first and the last time that can be written: of the years 0 to 9999. */
#define MATCH_FIRST_TIME INT64_C(-62167219200000)
#define MATCH_LAST_TIME INT64_C(253402300799999)

struct match_stream {
	int64_t id;
	int64_t start, end;
	int64_t heard; /* the start and the time that was played */
	int64_t ms_played;
	uint32_t track;	 /* its number, or MATCH_NONE */
	uint32_t names;	 /* of the track and its artist, likewise */
	bool named_only; /* a track that is known by its names alone */
	bool coarse;	 /* of a basic export: its end is cut to the minute */
	bool apart;	 /* a phantom, or incognito: no rule concerns it */
	bool trackdone, crashed;      /* how it ended */
	bool handed_over, taken_over; /* it ended, it began on another device */

	bool touched; /* what its match depends on may have changed */
	enum match_rule rule;
	uint32_t play;	 /* index, or MATCH_NONE */
	uint32_t leader; /* index of a stream, if there is a rule */
	int64_t distance;

	/* The match that is stored, by ids; a play of 0 is none. */
	enum match_rule stored_rule;
	int64_t stored_play, stored_leader, stored_distance;
};

struct match_play {
	int64_t id;
	int64_t at;
	uint32_t track; /* its number */
	bool touched, taken;
};

/* From when to when what concerns a stream may happen. */
struct match_window {
	int64_t from, to;
};

static inline struct match_window match_window(
    int64_t start, int64_t end, bool crashed, bool coarse)
{
	return (struct match_window){start - MATCH_PIECE_GAP,
	    end + (crashed ? MATCH_AFTER_CRASH : MATCH_AFTER) +
		(coarse ? MATCH_COARSE : 0)};
}

static inline struct match_window match_window_of(const struct match_stream *s)
{
	return match_window(s->start, s->end, s->crashed, s->coarse);
}

/* The times that a stream's distance from a play is measured from. */
struct match_points {
	unsigned count;
	int64_t at[2];
};

/*
 * The end, and when the time that was heard had passed; for an end that is cut
 * to the minute, the middle of that minute.
 */
static inline struct match_points match_points(const struct match_stream *s)
{
	if (s->coarse)
		return (struct match_points){1, {s->end + CLOCK_MINUTE / 2, 0}};
	return (struct match_points){
	    s->heard == s->end ? 1 : 2, {s->end, s->heard}};
}

/*
 * A start that its end allows: nobody hears one stream for more than a week,
 * and a clock that is wrong by more is not believed.
 */
static inline int64_t match_start(int64_t start, int64_t end)
{
	if (start < end - MATCH_LONGEST)
		return end - MATCH_LONGEST;
	return start > end + MATCH_START_LATE ? end + MATCH_START_LATE : start;
}

#endif
