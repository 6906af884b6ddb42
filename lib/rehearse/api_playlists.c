/* Playlists, and the lists of them, as the Web API answers. */
#include "base/url.h"
#include "json/json.h"
#include "rehearse/api_parts.h"
#include "rehearse/put_json.h"
#include "rehearse/query_string.h"
#include "rehearse/render_parts.h"
#include "spotify/endpoint.h"
#include "spotify/scopes.h"

#include <stdio.h>
#include <string.h>

static struct playlist_version playlist_version_now(
    const struct mock *r, const struct playlist *p)
{
	struct playlist_version e;

	playlist_version_init(
	    &e, r->catalogue, p, &r->changes, r->clock, r->counted + 1);
	return e;
}

/* In new apps' eyes what the service made itself does not exist. */
static bool hidden(const struct mock *r, const struct playlist *p)
{
	return (p->flags & PLAYLIST_GONE) != 0 ||
	       (p->service_made && r->access_mode == ACCESS_DEVELOPMENT);
}

/* Whether the login lacks the scope for one of the user's playlists. */
static bool out_of_scope(const struct mock *r, const struct playlist *p)
{
	const char *scopes = r->tokens.scope;

	if ((p->flags & PLAYLIST_COLLABORATIVE) != 0)
		return !scopes_have(
		    scopes, SLICE("playlist-read-collaborative"));
	return p->owner == 0 && (p->flags & PLAYLIST_PUBLIC) == 0 &&
	       !scopes_have(scopes, SLICE("playlist-read-private"));
}

/* The user sees their library, others are known by what they show. */
static bool in_list_of(
    const struct mock *r, const struct playlist *p, int owner)
{
	if (owner == 0)
		return p->listed && !out_of_scope(r, p);
	return p->owner == owner && (p->flags & PLAYLIST_PUBLIC) != 0 &&
	       (p->flags & PLAYLIST_GONE) == 0;
}

/* One page of somebody's playlists; what is hidden stands there as null. */
static void put_lists(const struct mock *r, const struct mock_request *req,
    int owner, const struct page_range *w, struct buf *b)
{
	const struct catalogue *cat = r->catalogue;
	struct render_context s = api_render_context(r);
	int total = 0;

	buf_puts(b, "{\"items\":[");
	for (int i = 0; i < cat->playlist_count; i++) {
		const struct playlist *p = &cat->playlists[i];
		struct playlist_version e;

		if (!in_list_of(r, p, owner))
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
 * Lists of playlists go on below the user's name, where new apps may not
 * follow.
 */
static void lists_of(const struct mock *r, const struct mock_request *req,
    const struct person *who, struct mock_response *res)
{
	struct buf path = BUF_INIT((size_t)4 * NAME_SIZE);
	struct page_range w = {.most = ITEMS_LIMIT};

	if (r->access_mode == ACCESS_GRANDFATHERED &&
	    strcmp(req->path, "/v1/me/playlists") == 0) {
		buf_puts(&path, req->path);
	} else {
		buf_puts(&path, "/v1/users/");
		url_encode(&path, slice_of(who->id), "");
		buf_puts(&path, "/playlists");
	}
	w.path = buf_cstr(&path);
	if (w.path == NULL)
		res->body.failed = true;
	else if (api_page_range(req, &w, res))
		put_lists(
		    r, req, (int)(who - r->catalogue->people), &w, &res->body);
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
static void select_fields(const char *fields, struct buf *body)
{
	struct buf kept = BUF_INIT(MOCK_TEXT_MAX);
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

static void whole_playlist(const struct mock *r, const struct mock_request *req,
    const struct playlist_version *e, struct mock_response *res)
{
	struct render_context s = api_render_context(r);
	char fields[512];

	render_playlist(&s, e, true, &res->body);
	if (query_get(req->query, "fields", fields, sizeof(fields)))
		select_fields(fields, &res->body);
}

/* .../items of what is the user's; .../tracks, which new apps have lost. */
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
	    catalogue_playlist_at(r->catalogue, req->path, &rest);
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

bool playlists_respond(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	const struct person *who;
	char id[NAME_SIZE];
	const char *end = strrchr(req->path, '/');
	const char *endpoint = endpoint_of(slice_of(req->path));

	if (strncmp(req->path, "/v1/playlists/", 14) == 0) {
		playlist(r, req, res);
		return true;
	}
	if (strcmp(endpoint, "my-playlists") == 0) {
		lists_of(r, req, &r->catalogue->people[0], res);
		return true;
	}
	if (strncmp(req->path, "/v1/users/", 10) != 0 ||
	    strcmp(end, "/playlists") != 0 || end - req->path < 10 ||
	    r->access_mode == ACCESS_DEVELOPMENT)
		return false;
	snprintf(id, sizeof(id), "%.*s", (int)(end - req->path - 10),
	    req->path + 10);
	who = catalogue_person(r->catalogue, id);
	if (who == NULL)
		api_not_found(res);
	else
		lists_of(r, req, who, res);
	return true;
}
