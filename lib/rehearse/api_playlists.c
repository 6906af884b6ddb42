/* Playlists, and the lists of them, as the Web API answers. */
#include "base/url.h"
#include "rehearse/api_parts.h"
#include "rehearse/put.h"
#include "rehearse/query.h"
#include "rehearse/shape_parts.h"
#include "json/json.h"
#include "spotify/endpoint.h"
#include "stream/scopes.h"

#include <stdio.h>
#include <string.h>

static struct edition edition_now(
    const struct rehearsal *r, const struct playlist *p)
{
	struct edition e;

	edition_init(
	    &e, r->catalogue, p, &r->changes, r->clock, r->counted + 1);
	return e;
}

/* In new apps' eyes what the service made itself does not exist. */
static bool hidden(const struct rehearsal *r, const struct playlist *p)
{
	return (p->flags & LIST_GONE) != 0 ||
	       (p->own_made && r->regime == REGIME_DEVELOPMENT);
}

/* Whether the login lacks the scope for one of the user's playlists. */
static bool out_of_scope(const struct rehearsal *r, const struct playlist *p)
{
	const char *scopes = r->tokens.scope;

	if ((p->flags & LIST_COLLAB) != 0)
		return !scopes_have(
		    scopes, SLICE("playlist-read-collaborative"));
	return p->owner == 0 && (p->flags & LIST_PUBLIC) == 0 &&
	       !scopes_have(scopes, SLICE("playlist-read-private"));
}

/* The user sees their library, others are known by what they show. */
static bool in_list_of(
    const struct rehearsal *r, const struct playlist *p, int owner)
{
	if (owner == 0)
		return p->listed && !out_of_scope(r, p);
	return p->owner == owner && (p->flags & LIST_PUBLIC) != 0 &&
	       (p->flags & LIST_GONE) == 0;
}

/* One page of somebody's playlists; what is hidden stands there as null. */
static void put_lists(const struct rehearsal *r, const struct ask *ask,
    int owner, const struct window *w, struct buf *b)
{
	const struct catalogue *cat = r->catalogue;
	struct shapes s = api_shapes(r);
	int total = 0;

	buf_puts(b, "{\"items\":[");
	for (int i = 0; i < cat->playlist_count; i++) {
		const struct playlist *p = &cat->playlists[i];
		struct edition e;

		if (!in_list_of(r, p, owner))
			continue;
		if (total >= w->offset && total < w->offset + w->limit) {
			buf_puts(b, total > w->offset ? "," : "");
			e = edition_now(r, p);
			if (hidden(r, p))
				buf_puts(b, "null");
			else
				shape_playlist(&s, &e, false, b);
		}
		total++;
	}
	buf_puts(b, "],\"href\":");
	api_href(r, ask, b);
	shape_page_links(&s, w, total, b);
}

/*
 * Lists of playlists go on below the user's name, where new apps may not
 * follow.
 */
static void lists_of(const struct rehearsal *r, const struct ask *ask,
    const struct person *who, struct reply *reply)
{
	struct buf path = BUF_INIT((size_t)4 * NAME_SIZE);
	struct window w = {.most = ITEMS_LIMIT};

	if (r->regime == REGIME_GRANDFATHERED &&
	    strcmp(ask->path, "/v1/me/playlists") == 0) {
		buf_puts(&path, ask->path);
	} else {
		buf_puts(&path, "/v1/users/");
		url_encode(&path, slice_of(who->id), "");
		buf_puts(&path, "/playlists");
	}
	w.path = buf_cstr(&path);
	if (w.path == NULL)
		reply->body.failed = true;
	else if (api_window(ask, &w, reply))
		put_lists(r, ask, (int)(who - r->catalogue->people), &w,
		    &reply->body);
	buf_release(&path);
}

/* Whether fields, as id,tracks.items(added_at), begins a part with the name. */
static bool field_named(const char *fields, struct slice name)
{
	while (*fields != '\0') {
		size_t len = strcspn(fields, ",.(");
		int depth = 0;

		if (len == name.n && memcmp(fields, name.p, len) == 0)
			return true;
		for (; *fields != '\0' && (*fields != ',' || depth > 0);
		     fields++)
			depth += (*fields == '(') - (*fields == ')');
		fields += *fields == ',';
	}
	return false;
}

/* Keep the outermost members that fields names. */
static void keep_fields(const char *fields, struct buf *body)
{
	struct buf kept = BUF_INIT(REPLY_MAX);
	enum json_type type;
	struct json j;

	json_init(&j, buf_slice(body));
	json_next(&j);
	buf_puts(&kept, "{");
	while ((type = json_next(&j)) != JSON_OBJECT_END &&
	       type != JSON_ERROR && type != JSON_END) {
		struct slice key = j.key;

		if (!json_skip(&j, type))
			break;
		if (!field_named(fields, key))
			continue;
		buf_printf(&kept, "%s\"", kept.n > 1 ? "," : "");
		buf_put_slice(&kept, key);
		buf_puts(&kept, "\":");
		buf_put_slice(&kept, j.text);
	}
	buf_puts(&kept, "}");
	buf_release(body);
	*body = kept;
}

static void whole_playlist(const struct rehearsal *r, const struct ask *ask,
    const struct edition *e, struct reply *reply)
{
	struct shapes s = api_shapes(r);
	char fields[512];

	shape_playlist(&s, e, true, &reply->body);
	if (query_get(ask->query, "fields", fields, sizeof(fields)))
		keep_fields(fields, &reply->body);
}

/* .../items of what is the user's; .../tracks, which new apps have lost. */
static void playlist_items(const struct rehearsal *r, const struct ask *ask,
    const struct edition *e, const char *name, struct reply *reply)
{
	struct shapes s = api_shapes(r);
	bool items = strcmp(name, "/items") == 0;
	struct window w = {ask->path, 0, 0, items ? ITEMS_LIMIT : TRACKS_LIMIT};

	if (!items && strcmp(name, "/tracks") != 0)
		reply_error(reply, 404, "Service not found", NULL);
	else if (!items && r->regime == REGIME_DEVELOPMENT && !e->list->mine)
		api_not_found(reply);
	else if (items ? !e->list->mine : r->regime == REGIME_DEVELOPMENT)
		reply_error(reply, 403, "Forbidden", NULL);
	else if (api_window(ask, &w, reply))
		shape_items(&s, e, &w, &reply->body);
}

static void playlist(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const char *rest;
	const struct playlist *p =
	    catalogue_playlist_at(r->catalogue, ask->path, &rest);
	struct edition e;

	if (p == NULL || hidden(r, p)) {
		api_not_found(reply);
		return;
	}
	if (out_of_scope(r, p)) {
		reply_error(reply, 403, "Insufficient client scope", NULL);
		return;
	}
	e = edition_now(r, p);
	if (*rest == '\0')
		whole_playlist(r, ask, &e, reply);
	else
		playlist_items(r, ask, &e, rest, reply);
}

bool playlists_answer(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const struct person *who;
	char id[NAME_SIZE];
	const char *end = strrchr(ask->path, '/');
	const char *endpoint = endpoint_of(slice_of(ask->path));

	if (strncmp(ask->path, "/v1/playlists/", 14) == 0) {
		playlist(r, ask, reply);
		return true;
	}
	if (strcmp(endpoint, "my-playlists") == 0) {
		lists_of(r, ask, &r->catalogue->people[0], reply);
		return true;
	}
	if (strncmp(ask->path, "/v1/users/", 10) != 0 ||
	    strcmp(end, "/playlists") != 0 || end - ask->path < 10 ||
	    r->regime == REGIME_DEVELOPMENT)
		return false;
	snprintf(id, sizeof(id), "%.*s", (int)(end - ask->path - 10),
	    ask->path + 10);
	who = catalogue_person(r->catalogue, id);
	if (who == NULL)
		api_not_found(reply);
	else
		lists_of(r, ask, who, reply);
	return true;
}
