#include "match/clusters.h"

#include <stdlib.h>

#include "base/mem.h"

/* A stream or a play, at its time, under one of its keys. */
struct entry {
	uint64_t key; /* of a track, a recording, or names */
	struct match_window window;
	uint32_t row; /* a stream, or after the last of them a play */
};

struct clusters {
	struct excerpt *e;
	struct entry *entries;
	size_t count, room;
	uint32_t *parents; /* of rows; a root is its own */
};

enum key_kind { KEY_TRACK, KEY_ISRC, KEY_NAMES };

static uint64_t make_key(enum key_kind kind, uint32_t number)
{
	return (uint64_t)kind << 32 | number;
}

static uint64_t key_of_track(const struct excerpt *e, uint32_t track)
{
	return e->tracks[track].isrc == MATCH_NONE
		   ? make_key(KEY_TRACK, track)
		   : make_key(KEY_ISRC, e->tracks[track].isrc);
}

static struct match_window window_of(const struct excerpt *e, size_t row)
{
	int64_t at;

	if (row < e->stream_count)
		return match_window_of(&e->streams[row]);
	at = e->plays[row - e->stream_count].at;
	return (struct match_window){at, at};
}

static void add(struct clusters *c, uint64_t key, size_t row)
{
	c->entries =
	    mem_grow(c->entries, &c->room, c->count + 1, sizeof(*c->entries));
	c->entries[c->count++] =
	    (struct entry){key, window_of(c->e, row), (uint32_t)row};
}

static void add_all(struct clusters *c)
{
	const struct excerpt *e = c->e;

	for (size_t i = 0; i < e->stream_count; i++) {
		const struct match_stream *s = &e->streams[i];

		if (s->track != MATCH_NONE)
			add(c, key_of_track(e, s->track), i);
		if (s->names != MATCH_NONE)
			add(c, make_key(KEY_NAMES, s->names), i);
	}
	for (size_t i = 0; i < e->play_count; i++) {
		const struct match_track *t = &e->tracks[e->plays[i].track];
		const uint32_t *names = e->track_names + t->first_names;
		size_t row = e->stream_count + i;

		add(c, key_of_track(e, e->plays[i].track), row);
		for (uint32_t n = 0; n < t->names_count; n++)
			add(c, make_key(KEY_NAMES, names[n]), row);
	}
}

static int compare(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->window.from > b->window.from) -
	       (a->window.from < b->window.from);
}

static uint32_t root_of(struct clusters *c, uint32_t row)
{
	while (c->parents[row] != row)
		row = c->parents[row] = c->parents[c->parents[row]];
	return row;
}

/* Unite the rows of one key whose windows meet. */
static void unite(struct clusters *c)
{
	int64_t to = 0;

	if (c->count > 0)
		qsort(c->entries, c->count, sizeof(*c->entries), compare);
	for (size_t i = 0; i < c->count; i++) {
		const struct entry *n = &c->entries[i];

		if (i > 0 && n->key == n[-1].key && n->window.from <= to) {
			c->parents[root_of(c, n->row)] = root_of(c, n[-1].row);
			to = n->window.to > to ? n->window.to : to;
		} else {
			to = n->window.to;
		}
	}
}

static void widen(struct match_window *w, const struct match_window *by)
{
	w->from = by->from < w->from ? by->from : w->from;
	w->to = by->to > w->to ? by->to : w->to;
}

/* Mark the rows whose roots are touched, and find out how far they reach. */
static bool mark(struct clusters *c, const unsigned char *touched,
    struct match_window *reach)
{
	struct excerpt *e = c->e;
	bool any = false;

	for (size_t i = 0; i < e->stream_count + e->play_count; i++) {
		struct match_window w = window_of(e, i);
		bool is = touched[root_of(c, (uint32_t)i)];

		if (i < e->stream_count)
			e->streams[i].touched = is;
		else
			e->plays[i - e->stream_count].touched = is;
		if (!is)
			continue;
		if (any)
			widen(reach, &w);
		else
			*reach = w;
		any = true;
	}
	return any;
}

bool clusters_touch(struct excerpt *e, const struct span *spans, size_t count,
    struct match_window *reach)
{
	size_t rows = e->stream_count + e->play_count;
	struct clusters c = {
	    .e = e, .parents = mem_alloc((rows + 1) * sizeof(*c.parents))};
	unsigned char *touched = mem_zero(rows + 1, 1);
	bool any;

	for (size_t i = 0; i < rows; i++)
		c.parents[i] = (uint32_t)i;
	add_all(&c);
	unite(&c);
	for (size_t i = 0; i < rows; i++) {
		struct match_window w = window_of(e, i);

		if (spans_meet(spans, count, w.from, w.to))
			touched[root_of(&c, (uint32_t)i)] = 1;
	}
	any = mark(&c, touched, reach);
	free(touched);
	free(c.parents);
	free(c.entries);
	return any;
}
