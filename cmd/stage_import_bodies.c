#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/url.h"
#include "cli.h"
#include "import/known_body.h"
#include "json/json.h"
#include "spotify/endpoint.h"
#include "stage_import.h"
#include "stream/body.h"

/* The last snapshot of a playlist. */
struct snapshot {
	uint64_t playlist; /* its hash */
	int64_t number;	   /* from 1 */
	bool has_first;	   /* its first page came */
	char *file;	   /* of the page that came first; owned */
};

/* The id of a playlist in the URL of a part of it; .p == NULL if none is. */
static struct slice playlist_in(struct slice url)
{
	const struct slice folder = SLICE("/playlists/");
	struct slice id = slice_find(url, folder);

	if (!id.p)
		return id;
	id = slice_from(id, folder.n);
	id = slice_cut(&id, '?');
	return slice_cut(&id, '/');
}

/*
 * The hash of the playlist that a body is of, by its `href` or else its `id`,
 * and the offset at which its page begins.
 */
static uint64_t read_page(struct slice body, int64_t *offset)
{
	struct buf href = BUF_INIT(65536), id = BUF_INIT(65536);
	enum json_type type;
	struct slice playlist;
	struct json j;
	uint64_t hash;

	*offset = -1;
	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return 0;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j.key, "href"))
			json_unescape(j.text, &href);
		else if (type == JSON_STRING && slice_is(j.key, "id"))
			json_unescape(j.text, &id);
		else if (type == JSON_NUMBER && slice_is(j.key, "offset"))
			json_whole(j.text, offset);
		json_skip(&j, type);
	}
	if (*offset < 0 &&
	    !param_find_int(url_query(buf_slice(&href)), "offset", offset))
		*offset = 0;
	playlist = playlist_in(buf_slice(&href));
	hash = hash_bytes(0, playlist.p ? playlist : buf_slice(&id));
	buf_release(&href);
	buf_release(&id);
	return hash;
}

/* A snapshot without its first page is no list, and may have lost it. */
static void check_snapshot(struct import *im, const struct snapshot *s)
{
	if (!s->has_first)
		import_refuse(im, s->file, "bad body",
		    "the first page of this playlist is missing, or is with "
		    "another snapshot: import each snapshot alone");
}

/* The last snapshot of a playlist; a new one has number 0. */
static struct snapshot *snapshot_of(struct import *im, uint64_t playlist)
{
	struct hash_walk w = hash_find(&im->playlists, playlist);
	size_t n = im->playlists.count;

	while (hash_next(&w))
		if (im->snapshots[w.number].playlist == playlist)
			return &im->snapshots[w.number];
	im->snapshots =
	    mem_grow(im->snapshots, &im->room, n + 1, sizeof(*im->snapshots));
	im->snapshots[n] = (struct snapshot){playlist, .has_first = true};
	hash_add(&im->playlists, playlist, (uint32_t)n);
	return &im->snapshots[n];
}

/*
 * The number of the snapshot of a playlist that a body is part of. Saved pages
 * do not say which of them were fetched together: a page that begins where one
 * of the last snapshot does begins the next snapshot.
 */
static int64_t add_page(struct import *im, const char *name, struct slice body)
{
	int64_t offset;
	uint64_t playlist = read_page(body, &offset);
	struct snapshot *s = snapshot_of(im, playlist);
	int64_t page[] = {s->number, offset};
	const struct slice id = {(const char *)page, sizeof(page)};

	if (s->number == 0 ||
	    hash_set_has(&im->pages, hash_bytes(playlist, id))) {
		check_snapshot(im, s);
		free(s->file);
		page[0] = ++s->number;
		s->file = mem_string(name);
		s->has_first = false;
	}
	hash_set_add(&im->pages, hash_bytes(playlist, id));
	s->has_first |= offset <= 0;
	return s->number;
}

void import_check_snapshots(struct import *im)
{
	for (size_t i = 0; i < im->playlists.count; i++) {
		check_snapshot(im, &im->snapshots[i]);
		free(im->snapshots[i].file);
	}
	hash_set_release(&im->pages);
	hash_release(&im->playlists);
	free(im->snapshots);
}

/*
 * The name of the list that a body is a page of; empty for any other body, and
 * for the first snapshot, which needs no name.
 */
static void name_list(struct import *im, const char *name, const char *endpoint,
    struct slice body, struct buf *list)
{
	const struct endpoint *e = endpoint_named(slice_of(endpoint));
	int64_t number;

	if (!e || e->subject != SUBJECT_PLAYLIST)
		return;
	number = add_page(im, name, body);
	if (number > 1)
		buf_printf(list, "%s/import/%" PRId64, im->source.run, number);
}

/* Send one body as a capture. */
static void send_body(struct import *im, const char *name, int64_t time,
    const char *endpoint, const char *user, struct slice body)
{
	struct buf list = BUF_INIT(128), *b;
	struct body_check check;

	name_list(im, name, endpoint, body, &list);
	b = import_begin(im, name, time, endpoint, user);
	json_put_member(b, "file", slice_of(name));
	if (list.n)
		json_put_member(b, "list", buf_slice(&list));
	buf_release(&list);
	body_put(b, body, &check);
	import_send(im, name);
}

/* Cut off the first value of a text; false at its end, or with `j->error`. */
static bool next_body(struct slice *text, struct slice *body, struct json *j)
{
	while (text->n > 0 && *text->p && strchr(" \t\r\n", *text->p))
		*text = slice_from(*text, 1);
	json_init_lenient(j, *text);
	if (text->n == 0 || !json_skip(j, json_next(j)))
		return false;
	*body = (struct slice){text->p, (size_t)(j->p - text->p)};
	*text = slice_from(*text, body->n);
	return true;
}

void import_text(struct import *im, const char *name, int64_t time,
    const char *endpoint, struct slice text)
{
	struct slice rest = text, body;
	unsigned bodies = 0;
	struct json j;

	for (; next_body(&rest, &body, &j); bodies++) {
		if (j.flaw)
			cli_warn("%s: %s at byte %zu", name, j.flaw,
			    (size_t)(body.p - text.p) + j.flaw_at + 1);
		send_body(im, name, time, endpoint, im->o->filter.user, body);
	}
	if (j.error)
		import_refuse(im, name, "bad body", "not JSON: %s at byte %zu",
		    j.error, (size_t)(rest.p - text.p) + j.at + 1);
	else if (bodies == 0)
		import_refuse(im, name, "bad body", "empty");
}

/* Send a body of the endpoint that it is recognized as. */
static void send_known(
    struct import *im, const struct import_file *f, const struct values *v)
{
	const struct endpoint *e = known_body(v->value, im->user);
	bool of_account;

	if (!e) {
		import_refuse(im, f->name, "bad body",
		    "the body at byte %" PRIu64
		    " has an unknown endpoint: name it with "
		    "--endpoint",
		    v->value_at);
		return;
	}
	of_account =
	    e->path && slice_starts(slice_of(e->path), SLICE("/v1/me"));
	send_body(im, f->name, f->time, e->name,
	    of_account ? im->user : im->o->filter.user, v->value);
}

void import_bodies(struct import *im, const struct import_file *f)
{
	enum value_result result;
	struct values v;

	values_init(&v, f->source);
	while ((result = values_next(&v)) != VALUE_END) {
		if (result == VALUE_WHOLE && v.flaw)
			cli_warn("%s: %s at byte %" PRIu64, f->name, v.flaw,
			    v.flaw_at);
		if (result == VALUE_WHOLE)
			send_known(im, f, &v);
		else if (result == VALUE_FAILED)
			import_refuse(im, f->name, "bad body",
			    "cannot read on: %s", f->error);
		else if (result != VALUE_ROW)
			import_refuse(im, f->name, "bad body",
			    "not JSON: %s at byte %" PRIu64, v.error,
			    v.error_at);
		else if (v.row == 1)
			import_refuse(im, f->name, "bad body",
			    "the list at byte %" PRIu64
			    " is not a known response",
			    v.value_at);
	}
	values_release(&v);
}
