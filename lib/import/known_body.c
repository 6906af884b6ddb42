#include "import/known_body.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/url.h"
#include "json/json.h"
#include "spotify/endpoint.h"

#define SHAPE_TEXT_MAX ((size_t)4096)

/* What an object says of itself. */
struct self {
	struct buf href; /* or track_href */
	struct buf type;
	bool has_id;
	bool has_played_at;
	bool is_own; /* it has what only the own profile has */
};

/* A body, and the first object within it, in a list or not. */
struct shape {
	struct self self, first;
	struct buf name;      /* of the member that has this object */
	struct buf list_href; /* the href of an object that has a list */
};

static void read_member(
    struct self *s, const struct json *j, enum json_type type)
{
	static const char *const own[] = {
	    "country", "email", "product", "explicit_content"};
	bool string = type == JSON_STRING;

	if (string &&
	    (slice_is(j->key, "href") || slice_is(j->key, "track_href"))) {
		buf_clear(&s->href);
		json_unescape(j->text, &s->href);
	} else if (string && slice_is(j->key, "type")) {
		buf_clear(&s->type);
		json_unescape(j->text, &s->type);
	}
	s->has_id |= string && slice_is(j->key, "id");
	s->has_played_at |= string && slice_is(j->key, "played_at");
	for (size_t i = 0; i < COUNT_OF(own); i++)
		s->is_own |= slice_is(j->key, own[i]);
}

/* Read the object that was just entered, to its end. */
static void read_self(struct json *j, struct self *s)
{
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		read_member(s, j, type);
		json_skip(j, type);
	}
}

/* Read the first object of the list that was just entered, to its end. */
static void read_first(struct json *j, struct self *s)
{
	enum json_type type = json_next(j);

	while (type == JSON_NULL)
		type = json_next(j);
	if (type == JSON_OBJECT)
		read_self(j, s);
	else if (type != JSON_ARRAY_END)
		json_skip(j, type);
	while (type != JSON_ARRAY_END && (type = json_next(j)) > JSON_END &&
	       type != JSON_ARRAY_END)
		json_skip(j, type);
}

static bool read_shape(struct shape *s, struct slice body)
{
	enum json_type type;
	struct json j;

	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		struct slice key = j.key;

		read_member(&s->self, &j, type);
		if (type == JSON_ARRAY && !s->name.n) {
			buf_set(&s->name, key);
			read_first(&j, &s->first);
		} else if (type == JSON_OBJECT && slice_is(key, "artists")) {
			struct self list = {.href = BUF_INIT(SHAPE_TEXT_MAX),
			    .type = BUF_INIT(SHAPE_TEXT_MAX)};

			read_self(&j, &list);
			buf_set(&s->list_href, buf_slice(&list.href));
			buf_release(&list.href);
			buf_release(&list.type);
		} else {
			json_skip(&j, type);
		}
	}
	return !j.error;
}

/* The path of a link, from its first slash after the host. */
static struct slice path_of(const struct buf *href)
{
	struct slice rest = buf_slice(href),
		     host = slice_find(rest, SLICE("://"));

	if (!host.p)
		return rest;
	rest = slice_from(host, 3);
	slice_cut(&rest, '/');
	return rest.n ? (struct slice){rest.p - 1, rest.n + 1} : rest;
}

static const struct endpoint *endpoint_at_link(const struct buf *href)
{
	return endpoint_named(slice_of(endpoint_of(path_of(href))));
}

/* Whether a link is to the playlists of a user: /v1/users/ID/playlists. */
static bool is_list_of(const struct buf *href, const char *user)
{
	struct slice path = path_of(href);
	struct buf id = BUF_INIT(SHAPE_TEXT_MAX);
	bool is;

	path = slice_cut(&path, '?');
	if (!user || !slice_starts(path, SLICE("/v1/users/")))
		return false;
	path = slice_from(path, strlen("/v1/users/"));
	url_decode(&id, slice_cut(&path, '/'));
	is = slice_is(path, "playlists") && slice_is(buf_slice(&id), user);
	buf_release(&id);
	return is;
}

/* The endpoint of an object by its type alone: a track is of `track`. */
static const struct endpoint *endpoint_of_type(const struct self *s)
{
	const struct endpoint *e = endpoint_named(buf_slice(&s->type));

	return e && e->subject != SUBJECT_NONE && s->has_id ? e : NULL;
}

/* The endpoint of several objects of one type: tracks are of /v1/tracks. */
static const struct endpoint *endpoint_of_list(const struct shape *s)
{
	struct buf path = BUF_INIT(SHAPE_TEXT_MAX);
	const struct endpoint *one, *e = NULL;
	struct slice name = buf_slice(&s->name);

	if (slice_is(name, "items") && s->first.has_played_at)
		return endpoint_named(SLICE("recently-played"));
	if (slice_is(name, "audio_features") &&
	    slice_is(buf_slice(&s->first.type), "audio_features"))
		return endpoint_named(SLICE("audio-features"));
	one = endpoint_at_link(&s->first.href);
	buf_printf(&path, "/v1/%.*s", (int)name.n, name.p);
	if (one && one == endpoint_of_type(&s->first))
		e = endpoint_named(slice_of(endpoint_of(buf_slice(&path))));
	buf_release(&path);
	return e;
}

static const struct endpoint *endpoint_of_shape(
    const struct shape *s, const char *user)
{
	const struct self *self = &s->self;
	const struct endpoint *e = endpoint_at_link(&self->href);

	if (slice_is(buf_slice(&self->type), "audio_features"))
		return endpoint_named(SLICE("audio-features"));
	if (e && e->subject == SUBJECT_USER && self->is_own)
		return endpoint_named(SLICE("me"));
	if (e)
		return e;
	if (self->href.n > 0)
		return is_list_of(&self->href, user)
			   ? endpoint_named(SLICE("my-playlists"))
			   : NULL;
	if (s->list_href.n > 0)
		return endpoint_at_link(&s->list_href);
	e = endpoint_of_type(self);
	return e || !s->name.n ? e : endpoint_of_list(s);
}

static void release_self(struct self *s)
{
	buf_release(&s->href);
	buf_release(&s->type);
}

const struct endpoint *known_body(struct slice body, const char *user)
{
	struct shape s = {.self = {.href = BUF_INIT(SHAPE_TEXT_MAX),
			      .type = BUF_INIT(SHAPE_TEXT_MAX)},
	    .first = {.href = BUF_INIT(SHAPE_TEXT_MAX),
		.type = BUF_INIT(SHAPE_TEXT_MAX)},
	    .name = BUF_INIT(SHAPE_TEXT_MAX),
	    .list_href = BUF_INIT(SHAPE_TEXT_MAX)};
	const struct endpoint *e = NULL;

	if (read_shape(&s, body))
		e = endpoint_of_shape(&s, user);
	release_self(&s.self);
	release_self(&s.first);
	buf_release(&s.name);
	buf_release(&s.list_href);
	return e;
}
