/* The playlists of the Web API, and the list of the user's. */
#include "base/url.h"
#include "json/json.h"
#include "rehearse/api_parts.h"
#include "rehearse/put_json.h"
#include "spotify/scopes.h"

#include <stdio.h>
#include <string.h>

static struct playlist_version playlist_version_now(
    const struct mock *r, const struct playlist *p)
{
	struct playlist_version e;

	playlist_version_init(&e, r->user->catalogue, p, &r->user->changes,
	    r->clock, r->counted + 1);
	return e;
}

/* For new apps the service's own playlists do not exist. */
static bool hidden(const struct mock *r, const struct playlist *p)
{
	return (p->flags & PLAYLIST_GONE) != 0 ||
	       (p->service_made && r->access_mode == ACCESS_DEVELOPMENT);
}

/* Whether the login lacks the scope for one of the user's playlists. */
static bool out_of_scope(const struct mock *r, const struct playlist *p)
{
	const char *scopes = r->user->tokens.scope;

	if ((p->flags & PLAYLIST_COLLABORATIVE) != 0)
		return !scopes_have(
		    scopes, SLICE("playlist-read-collaborative"));
	return p->owner == 0 && (p->flags & PLAYLIST_PUBLIC) == 0 &&
	       !scopes_have(scopes, SLICE("playlist-read-private"));
}

/* A page of the user's library; a hidden playlist is null. */
static void put_playlists(const struct mock *r, const struct mock_request *req,
    const struct page_range *w, struct buf *b)
{
	const struct catalogue *cat = r->user->catalogue;
	struct render_context s = api_render_context(r);
	int total = 0;

	buf_puts(b, "{\"items\":[");
	for (int i = 0; i < cat->playlist_count; i++) {
		const struct playlist *p = &cat->playlists[i];
		struct playlist_version e;

		if (!p->listed || out_of_scope(r, p))
			continue;
		if (total >= w->offset && total < w->offset + w->limit) {
			buf_puts(b, total > w->offset ? "," : "");
			e = playlist_version_now(r, p);
			if (hidden(r, p))
				buf_puts(b, "null");
			else
				render_playlist(&s, &e, false, b);
		}
		total++;
	}
	buf_puts(b, "],\"href\":");
	api_href(r, req, b);
	render_page_links(&s, w, total, b);
}

/*
 * The path of the next page: below /v1/users, where new apps may not follow,
 * unless the app is an old one.
 */
static void put_next_path(const struct mock *r, struct buf *path)
{
	if (r->access_mode == ACCESS_GRANDFATHERED) {
		buf_puts(path, "/v1/me/playlists");
		return;
	}
	buf_puts(path, "/v1/users/");
	url_encode(path, slice_of(r->user->catalogue->user), "");
	buf_puts(path, "/playlists");
}

static void my_playlists(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	struct buf path = BUF_INIT((size_t)4 * NAME_SIZE);
	struct page_range w = {.most = ITEMS_LIMIT};

	put_next_path(r, &path);
	w.path = buf_cstr(&path);
	if (api_page_range(req, &w, res))
		put_playlists(r, req, &w, &res->body);
	buf_release(&path);
}

/* Whether a list such as id,snapshot_id has the name. */
static bool field_named(struct slice fields, struct slice name)
{
	while (fields.n > 0)
		if (slice_eq(slice_cut(&fields, ','), name))
			return true;
	return false;
}

/* Reduce an object to the members that fields lists. */
static void select_fields(struct slice fields, struct buf *body)
{
	struct buf selected = BUF_INIT(MOCK_TEXT_MAX);
	enum json_type type;
	struct json j;

	json_init(&j, buf_slice(body));
	json_next(&j);
	buf_puts(&selected, "{");
	while ((type = json_next(&j)) != JSON_OBJECT_END &&
	       type != JSON_ERROR && type != JSON_END) {
		struct slice key = j.key;

		if (!json_skip(&j, type))
			break;
		if (!field_named(fields, key))
			continue;
		buf_printf(&selected, "%s\"", selected.n > 1 ? "," : "");
		buf_put_slice(&selected, key);
		buf_puts(&selected, "\":");
		buf_put_slice(&selected, j.text);
	}
	buf_puts(&selected, "}");
	buf_release(body);
	*body = selected;
}

static void whole_playlist(const struct mock *r, const struct mock_request *req,
    const struct playlist_version *e, struct mock_response *res)
{
	struct render_context s = api_render_context(r);
	struct slice fields;

	render_playlist(&s, e, true, &res->body);
	if (param_find(req->query, "fields", &fields))
		select_fields(fields, &res->body);
}

/* .../items of the user's playlists; .../tracks, which new apps have lost. */
static void playlist_items(const struct mock *r, const struct mock_request *req,
    const struct playlist_version *e, const char *name,
    struct mock_response *res)
{
	struct render_context s = api_render_context(r);
	bool items = strcmp(name, "/items") == 0;
	struct page_range w = {
	    req->path, 0, 0, items ? ITEMS_LIMIT : TRACKS_LIMIT};

	if (!items && strcmp(name, "/tracks") != 0)
		mock_response_error(res, 404, "Service not found", NULL);
	else if (!items && r->access_mode == ACCESS_DEVELOPMENT &&
		 !e->list->mine)
		api_not_found(res);
	else if (items ? !e->list->mine : r->access_mode == ACCESS_DEVELOPMENT)
		mock_response_error(res, 403, "Forbidden", NULL);
	else if (api_page_range(req, &w, res))
		render_items(&s, e, &w, &res->body);
}

static void playlist(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	const char *rest;
	const struct playlist *p =
	    catalogue_playlist_at(r->user->catalogue, req->path, &rest);
	struct playlist_version e;

	if (p == NULL || hidden(r, p)) {
		api_not_found(res);
		return;
	}
	if (out_of_scope(r, p)) {
		mock_response_error(
		    res, 403, "Insufficient client scope", NULL);
		return;
	}
	e = playlist_version_now(r, p);
	if (*rest == '\0')
		whole_playlist(r, req, &e, res);
	else
		playlist_items(r, req, &e, rest, res);
}

/* Whether a path is /v1/users/{user}/playlists, of the user. */
static bool is_user_playlists(const struct mock *r, const char *path)
{
	struct slice rest = slice_of(path),
		     user = slice_of(r->user->catalogue->user);

	if (!slice_starts(rest, SLICE("/v1/users/")))
		return false;
	rest = slice_from(rest, strlen("/v1/users/"));
	return slice_starts(rest, user) &&
	       slice_is(slice_from(rest, user.n), "/playlists");
}

bool playlists_respond(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	if (strncmp(req->path, "/v1/playlists/", 14) == 0)
		playlist(r, req, res);
	else if (strcmp(req->path, "/v1/me/playlists") == 0 ||
		 (r->access_mode != ACCESS_DEVELOPMENT &&
		     is_user_playlists(r, req->path)))
		my_playlists(r, req, res);
	else
		return false;
	return true;
}
