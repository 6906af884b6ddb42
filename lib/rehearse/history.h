/*
 * The simulated play history, day by day: a pure function of the seed and the
 * user's name. Days are generated as the clock reaches them.
 */
#ifndef SP_REHEARSE_HISTORY_H
#define SP_REHEARSE_HISTORY_H

#include "rehearse/catalogue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYS_MAX ((size_t)4000000)
#define DAY_MS ((int64_t)86400000)
#define HOUR_MS ((int64_t)3600000)
#define RECENT_PLAYS_MAX 50 /* no more plays than these can be asked for */

struct play {
	int64_t played_at;  /* ms since 1970; strictly increasing */
	int64_t visible_at; /* when the service begins to show it */
	int track;	    /* index in the catalogue */
	int context;	    /* see history_context */
	int64_t heard;	    /* how much was heard before it, ms; 0: not known */
};

struct history {
	const struct catalogue *catalogue;
	uint64_t seed;
	int per_day;
	int64_t next_day; /* first day not made yet, in days since 1970 */
	struct play *plays;
	size_t count, room;
};

/* Start with the day that holds since (ms); the catalogue is borrowed. */
void history_init(
    struct history *, const struct catalogue *, int per_day, int64_t since);
void history_release(struct history *);

/*
 * Make the days up to the one that holds now. False: more than PLAYS_MAX
 * plays.
 */
bool history_extend(struct history *, int64_t now);

/* Add a play by hand; false if one has that played_at. */
bool history_add(struct history *, const struct play *);

/*
 * The last plays that the service shows at now, oldest first: writes at most
 * RECENT_PLAYS_MAX pointers, valid until the listener changes, and returns how
 * many.
 */
int history_recent(
    const struct history *, int64_t now, const struct play **recent);

/* Write a context's uri into uri; returns its type, NULL for no context. */
const char *history_context(
    const struct catalogue *, int context, char *uri, size_t size);

/* The playlist that a context is; NULL if it is none. */
const struct playlist *history_playlist(const struct catalogue *, int context);

#endif
