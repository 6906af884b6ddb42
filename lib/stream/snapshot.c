#include "stream/snapshot.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "json/json.h"

struct snapshot {
	char *playlist; /* its id, as written */
	size_t length;
	int64_t offset; /* of the page that came last */
	int64_t number;
};

/* What a body says of itself; slices point into it. */
struct snapshot_page {
	struct slice playlist; /* p == NULL if it does not say */
	int64_t offset;
};

/* The text after a marker, up to the end of its part of a URL. */
static struct slice part_after(struct slice url, struct slice marker)
{
	for (; url.n >= marker.n; url = slice_from(url, 1)) {
		struct slice part;

		if (!slice_starts(url, marker))
			continue;
		part = slice_from(url, marker.n);
		for (size_t i = 0; i < part.n; i++)
			if (memchr("/?&#", part.p[i], 4))
				part.n = i;
		return part;
	}
	return (struct slice){NULL, 0};
}

static void read_member(const struct json *j, enum json_type type,
    struct snapshot_page *p, int64_t *told)
{
	struct slice of;

	if (type == JSON_NUMBER &&
	    json_text_is(j->key, j->key_escaped, SLICE("offset"))) {
		if (!json_whole(j->text, told))
			*told = -1;
	} else if (type == JSON_STRING &&
		   json_text_is(j->key, j->key_escaped, SLICE("href"))) {
		of = part_after(j->text, SLICE("/playlists/"));
		if (of.p)
			p->playlist = of;
		of = part_after(j->text, SLICE("offset="));
		if (!of.p || !number_parse(of, &p->offset))
			p->offset = 0;
	} else if (type == JSON_STRING && !p->playlist.p &&
		   json_text_is(j->key, j->key_escaped, SLICE("id"))) {
		p->playlist = j->text;
	}
}

static struct snapshot_page read_page(struct slice body)
{
	struct snapshot_page p = {{NULL, 0}, 0};
	enum json_type type;
	int64_t told = -1;
	struct json j;

	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return p;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_ARRAY || type == JSON_OBJECT)
			json_skip(&j, type);
		else
			read_member(&j, type, &p, &told);
	}
	if (told >= 0)
		p.offset = told;
	return p;
}

static struct snapshot *find(struct snapshots *r, struct slice playlist)
{
	struct snapshot *new;

	for (size_t i = 0; i < r->count; i++)
		if (slice_eq(playlist,
			(struct slice){r->list[i].playlist, r->list[i].length}))
			return &r->list[i];
	r->list = mem_resize(r->list, r->count + 1, sizeof(*r->list));
	new = &r->list[r->count++];
	*new = (struct snapshot){.playlist = mem_string_slice(playlist),
	    .length = playlist.n,
	    .offset = -1,
	    .number = 1};
	return new;
}

int64_t snapshots_next(struct snapshots *r, struct slice body)
{
	struct snapshot_page p = read_page(body);
	struct snapshot *of = find(r, p.playlist);

	if (p.offset <= of->offset)
		of->number++;
	of->offset = p.offset;
	return of->number;
}

void snapshots_release(struct snapshots *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->list[i].playlist);
	free(r->list);
	*r = SNAPSHOTS_INIT;
}
