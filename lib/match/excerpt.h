/*
 * An excerpt of the histories of a user: all streams whose windows meet a time,
 * and all plays in it, with what is known of their tracks. Texts that are only
 * compared become numbers.
 */
#ifndef SP_MATCH_EXCERPT_H
#define SP_MATCH_EXCERPT_H

#include <sqlite3.h>

#include "base/buf.h"
#include "base/intern.h"
#include "db/query.h"
#include "match/listening.h"

struct match_track {
	uint32_t isrc; /* its number, or MATCH_NONE */
	/* Its name with each of its artists, in `track_names`. */
	uint32_t first_names, names_count;
};

/* What is all zeros is empty and owns nothing. */
struct excerpt {
	int64_t from, to;

	struct match_stream *streams; /* in the order of their keys */
	struct match_play *plays;     /* likewise */
	size_t stream_count, play_count;
	bool has_names; /* whether any stream is known by its names alone */

	struct match_track *tracks; /* by their numbers */
	uint32_t *track_names;
	size_t track_names_count;

	struct intern track_ids, isrcs, names; /* private from here */
	size_t streams_room, plays_room, tracks_room, track_names_room;
	struct buf text;
};

/* Read an excerpt, in the place of the one before. A SQLite result code. */
int excerpt_read(
    struct excerpt *, sqlite3 *, struct slice user, int64_t from, int64_t to);

void excerpt_release(struct excerpt *);

/* Bind a time, or the first or last of those that can be written. */
void excerpt_bind_time(struct query *, const char *param, int64_t ms);

/* The name of a rule, as it is stored. */
const char *match_rule_name(enum match_rule);

#endif
