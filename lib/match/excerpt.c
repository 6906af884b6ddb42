#include "match/excerpt.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/mem.h"
#include "db/query.h"
#include "db/statements.h"

#define NAMES_MAX ((size_t)1 << 30)

/* The names of the rules, as they are stored. */
static const char *const rule_names[] = {[MATCH_TRACK] = "track",
    [MATCH_ISRC] = "isrc",
    [MATCH_NAMES] = "names",
    [MATCH_PIECE] = "piece",
    [MATCH_BASIC] = "basic"};

const char *match_rule_name(enum match_rule rule)
{
	return rule_names[rule];
}

static enum match_rule rule_of(struct slice name)
{
	for (size_t i = MATCH_TRACK; name.p && i < COUNT_OF(rule_names); i++)
		if (slice_is(name, rule_names[i]))
			return (enum match_rule)i;
	return MATCH_NOT;
}

void excerpt_release(struct excerpt *e)
{
	intern_release(&e->track_ids);
	intern_release(&e->isrcs);
	intern_release(&e->names);
	buf_release(&e->text);
	free(e->streams);
	free(e->plays);
	free(e->tracks);
	free(e->track_names);
	*e = (struct excerpt){.from = 0};
}

static void clear(struct excerpt *e)
{
	intern_clear(&e->track_ids);
	intern_clear(&e->isrcs);
	intern_clear(&e->names);
	e->text.max = NAMES_MAX;
	e->stream_count = e->play_count = e->track_names_count = 0;
	e->has_names = false;
}

/* The number of a track by its name and an artist; MATCH_NONE without both. */
static uint32_t number_names(
    struct excerpt *e, struct slice track, struct slice artist)
{
	bool is_new;

	if (!track.p || !artist.p)
		return MATCH_NONE;
	buf_clear(&e->text);
	buf_put_slice(&e->text, track);
	buf_putc(&e->text, '\t');
	buf_put_slice(&e->text, artist);
	return intern(&e->names, buf_slice(&e->text), &is_new);
}

/* The number of a track, as yet without what else is known of it. */
static uint32_t number_track(struct excerpt *e, struct slice id)
{
	bool is_new;
	uint32_t track;

	if (!id.p)
		return MATCH_NONE;
	track = intern(&e->track_ids, id, &is_new);
	if (is_new) {
		e->tracks = mem_grow(e->tracks, &e->tracks_room,
		    (size_t)track + 1, sizeof(*e->tracks));
		e->tracks[track] = (struct match_track){.isrc = MATCH_NONE};
	}
	return track;
}

/* Read the match that is stored, if there is one. */
static void read_stored(struct match_stream *s, struct query *q)
{
	s->stored_rule = rule_of(query_text(q, 12));
	s->stored_play = query_int(q, 13);
	s->stored_leader = query_int(q, 14);
	s->stored_distance = query_int(q, 15);
}

/* Read the times of a stream, as far as they can be; false if not at all. */
static bool read_times(struct match_stream *s, struct query *q)
{
	int64_t ms = query_int(q, 3);

	if (!clock_parse(query_text(q, 1), &s->end))
		return false;
	s->ms_played = ms < 0 ? 0 : ms > MATCH_LONGEST ? MATCH_LONGEST : ms;
	if (!clock_parse(query_text(q, 2), &s->start))
		s->start = s->end - s->ms_played;
	s->start = match_start(s->start, s->end);
	s->heard = s->start + s->ms_played;
	return true;
}

static void add_stream(struct excerpt *e, struct query *q)
{
	struct match_stream s = {.id = query_int(q, 0),
	    .apart = query_int(q, 7) != 0,
	    .coarse = query_int(q, 8) != 0,
	    .named_only = query_int(q, 9) != 0,
	    .play = MATCH_NONE};
	struct slice began = query_text(q, 5), ended = query_text(q, 6);
	struct match_window w;

	if (!read_times(&s, q))
		return;
	s.crashed = slice_starts(ended, SLICE("unexpected-exit"));
	w = match_window_of(&s);
	if (w.from > e->to || w.to < e->from)
		return;
	s.trackdone = slice_is(ended, "trackdone");
	s.handed_over = slice_is(ended, "remote") || slice_is(ended, "logout");
	s.taken_over = slice_is(began, "remote") || slice_is(began, "appload");
	s.track = number_track(e, query_text(q, 4));
	s.names = number_names(e, query_text(q, 10), query_text(q, 11));
	e->has_names |= s.coarse || s.named_only;
	read_stored(&s, q);
	e->streams = mem_grow(e->streams, &e->streams_room, e->stream_count + 1,
	    sizeof(*e->streams));
	e->streams[e->stream_count++] = s;
}

void excerpt_bind_time(struct query *q, const char *param, int64_t ms)
{
	char text[CLOCK_TEXT];

	if (!clock_format(ms, text))
		clock_format(ms < 0 ? MATCH_FIRST_TIME : MATCH_LAST_TIME, text);
	query_bind_copy(q, param, (struct slice){text, CLOCK_TEXT - 1});
}

/* All streams whose windows may meet the time, and some more. */
static int read_streams(
    struct excerpt *e, sqlite3 *db, struct slice user, bool names)
{
	struct query q;

	query_prepare(&q, db, &sql_excerpt_streams);
	query_bind_text(&q, ":user", user);
	query_bind_int(&q, ":names", names);
	excerpt_bind_time(
	    &q, ":from", e->from - MATCH_AFTER_CRASH - MATCH_COARSE);
	excerpt_bind_time(&q, ":to", e->to + MATCH_LONGEST + MATCH_PIECE_GAP);
	while (query_step(&q))
		add_stream(e, &q);
	return query_finish(&q);
}

static int read_plays(struct excerpt *e, sqlite3 *db, struct slice user)
{
	struct query q;

	query_prepare(&q, db, &sql_excerpt_plays);
	query_bind_text(&q, ":user", user);
	excerpt_bind_time(&q, ":from", e->from);
	excerpt_bind_time(&q, ":to", e->to);
	while (query_step(&q)) {
		struct match_play p = {.id = query_int(&q, 0)};

		if (!clock_parse(query_text(&q, 1), &p.at))
			continue;
		p.track = number_track(e, query_text(&q, 2));
		e->plays = mem_grow(e->plays, &e->plays_room, e->play_count + 1,
		    sizeof(*e->plays));
		e->plays[e->play_count++] = p;
	}
	return query_finish(&q);
}

/* Read the names of a track with those of its artists. */
static void read_names(struct excerpt *e, struct query *artists,
    struct match_track *t, struct slice name)
{
	t->first_names = (uint32_t)e->track_names_count;
	while (query_step(artists)) {
		e->track_names = mem_grow(e->track_names, &e->track_names_room,
		    e->track_names_count + 1, sizeof(*e->track_names));
		e->track_names[e->track_names_count++] =
		    number_names(e, name, query_text(artists, 0));
		t->names_count++;
	}
}

static int read_tracks(struct excerpt *e, sqlite3 *db)
{
	struct query track, artists;
	bool is_new;

	query_prepare(&track, db, &sql_excerpt_track);
	query_prepare(&artists, db, &sql_excerpt_artists);
	for (size_t i = 0; i < e->track_ids.count; i++) {
		struct match_track *t = &e->tracks[i];
		struct slice id = e->track_ids.texts[i];

		query_bind_text(&track, ":track", id);
		if (!query_step(&track))
			continue;
		if (!query_is_null(&track, 1))
			t->isrc =
			    intern(&e->isrcs, query_text(&track, 1), &is_new);
		query_bind_text(&artists, ":track", id);
		if (e->has_names && !query_is_null(&track, 0))
			read_names(e, &artists, t, query_text(&track, 0));
		query_reset(&track);
	}
	query_fail(&track, query_finish(&artists));
	return query_finish(&track);
}

/* An isrc that only one track has matches nothing: forget it. */
static void drop_single_isrcs(struct excerpt *e)
{
	unsigned char *seen = mem_zero(e->isrcs.count + 1, 1);

	for (size_t i = 0; i < e->track_ids.count; i++)
		if (e->tracks[i].isrc != MATCH_NONE &&
		    seen[e->tracks[i].isrc] < 2)
			seen[e->tracks[i].isrc]++;
	for (size_t i = 0; i < e->track_ids.count; i++)
		if (e->tracks[i].isrc != MATCH_NONE &&
		    seen[e->tracks[i].isrc] < 2)
			e->tracks[i].isrc = MATCH_NONE;
	free(seen);
}

int excerpt_read(
    struct excerpt *e, sqlite3 *db, struct slice user, int64_t from, int64_t to)
{
	int rc;

	clear(e);
	e->from = from;
	e->to = to;
	rc = read_streams(e, db, user, false);
	if (rc == SQLITE_OK && e->has_names) {
		clear(e);
		rc = read_streams(e, db, user, true);
	}
	if (rc == SQLITE_OK && e->stream_count > 0)
		rc = read_plays(e, db, user);
	if (rc == SQLITE_OK && e->stream_count > 0)
		rc = read_tracks(e, db);
	if (rc == SQLITE_OK)
		drop_single_isrcs(e);
	return rc;
}
