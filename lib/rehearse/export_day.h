/*
 * What the listener heard in one day, as the export of the streaming history
 * has it: one row a stream. A pure function of the catalogue, the plays a day
 * and the day. Each play of the mock API is a stream or the pieces of one;
 * there are others that the API never shows: what was skipped at once, private
 * sessions, podcasts, audiobooks.
 */
#ifndef SP_REHEARSE_EXPORT_DAY_H
#define SP_REHEARSE_EXPORT_DAY_H

#include "rehearse/history.h"

/* How played_at of the API relates to a stream; it changed over the years. */
enum export_era {
	ERA_START,    /* to 2017: it is the start */
	ERA_REAL_END, /* to mid October 2022: the end, ts is when it is noticed
		       */
	ERA_SAME,     /* to 2024: it is ts, with a fraction */
	ERA_LATER,    /* it is when the end was reported: seconds to hours */
};

enum export_kind {
	EXPORT_TRACK,
	EXPORT_LOCAL,	/* a file of the listener's own: it has no uri */
	EXPORT_REMOVED, /* a track that is no more: it has no names */
	EXPORT_EPISODE,
	EXPORT_CHAPTER, /* of an audiobook */
};

struct day_stream {
	enum export_kind kind;
	int index;	   /* of the track or episode in the catalogue; else
			      a number for what is made up */
	int64_t start;	   /* ms since 1970; INT64_MIN: the device says none */
	int64_t ts;	   /* when its end was noticed, ms since 1970 */
	int64_t heard;	   /* ms_played */
	int64_t played_at; /* of the API's play that is this listening; or
			      INT64_MIN: the API never shows it */
	const char *reason_start, *reason_end;
	int device;
	bool piece; /* of a listening whose other row is the play's own */
	bool shuffle, offline, incognito, video;
};

struct export_day {
	const struct catalogue *catalogue;
	enum export_era era;
	int64_t begins;	  /* ms since 1970 */
	struct prng prng; /* a source of its own: plays stay as they are */
	struct day_stream *rows;
	size_t count, room;
};

/*
 * Make a day, in days since 1970, in the order of starts. Release it in the
 * end; it can be made again before that.
 */
void export_day_make(
    struct export_day *, const struct catalogue *, int per_day, int64_t day);
void export_day_release(struct export_day *);

/* For the parts of export_day_make: a new row, until the next one. */
struct day_stream *export_day_add(struct export_day *);

/*
 * Add what the API never shows between two moments, in ms since 1970; the
 * tracks that are played before and after it, -1 for none, are not among it.
 */
void export_day_fill(
    struct export_day *, int64_t from, int64_t to, int before, int after);

#endif
