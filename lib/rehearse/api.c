/* What the Web API answers to a caller whose token is good. */
#include "base/array.h"
#include "base/url.h"
#include "rehearse/api_parts.h"
#include "spotify/endpoint.h"

#include <stdio.h>
#include <string.h>

/* The part of the recent plays that was asked for: from first on, count. */
struct page_query {
	int64_t limit, after, before; /* -1: not given */
	int first, count;
	bool forward;
};

static bool read_page(const struct mock_request *req, struct page_query *p,
    struct mock_response *res)
{
	struct slice text;

	p->after = p->before = -1;
	if (!api_limit(req, ITEMS_LIMIT, &p->limit, res))
		return false;
	p->forward = param_find(req->query, "after", &text);
	if (p->forward && param_find(req->query, "before", &text)) {
		mock_response_error(res, 400,
		    "Only one of the parameters before and after can be set",
		    NULL);
		return false;
	}
	if (!api_number(req, "after", &p->after) ||
	    !api_number(req, "before", &p->before)) {
		mock_response_error(res, 400, "Invalid cursor", NULL);
		return false;
	}
	return true;
}

static void choose_page(struct page_query *p, const struct play **recent, int n)
{
	int end = n;

	p->first = 0;
	if (p->forward) {
		while (p->first < n && recent[p->first]->played_at <= p->after)
			p->first++;
		if (end - p->first > p->limit)
			end = p->first + (int)p->limit;
	} else {
		while (p->before >= 0 && end > 0 &&
		       recent[end - 1]->played_at >= p->before)
			end--;
		if (end > p->limit)
			p->first = end - (int)p->limit;
	}
	p->count = end - p->first;
}

/*
 * A full page always has a `next`: only the empty page past the ceiling shows
 * that there are no more.
 */
static void recently_played(const struct mock *r,
    const struct mock_request *req, struct mock_response *res)
{
	const struct play *recent[RECENT_PLAYS_MAX];
	struct render_context s = api_render_context(r);
	struct buf *b = &res->body;
	struct page_query p;
	int n = history_recent(&r->user->history, r->clock, recent);
	long long oldest, newest;

	if (!read_page(req, &p, res))
		return;
	choose_page(&p, recent, n);
	buf_puts(b, "{\"items\":[");
	for (int i = p.count - 1; i >= 0; i--) {
		render_play(&s, recent[p.first + i], b);
		buf_puts(b, i > 0 ? "," : "");
	}
	buf_puts(b, "],\"next\":");
	if (p.count == 0) {
		buf_puts(b, "null,\"cursors\":null");
	} else {
		oldest = recent[p.first]->played_at;
		newest = recent[p.first + p.count - 1]->played_at;
		if (p.count == p.limit)
			buf_printf(b,
			    "\"%s/v1/me/player/recently-played?%s=%lld"
			    "&limit=%lld\"",
			    r->base, p.forward ? "after" : "before",
			    p.forward ? newest : oldest, (long long)p.limit);
		else
			buf_puts(b, "null");
		buf_printf(b,
		    ",\"cursors\":{\"after\":\"%lld\",\"before\":\"%lld\"}",
		    newest, oldest);
	}
	buf_printf(b, ",\"limit\":%lld,\"href\":", (long long)p.limit);
	api_href(r, req, b);
	buf_puts(b, "}");
}

static void me(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	struct render_context s = api_render_context(r);

	(void)req;
	render_me(&s, &res->body);
}

static void saved_tracks(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	struct render_context s = api_render_context(r);
	struct page_range w = {.path = "/v1/me/tracks", .most = ITEMS_LIMIT};

	if (api_page_range(req, &w, res))
		render_saved_tracks(&s, &w, &res->body);
}

#define FOLLOWED 57 /* artists: more than a page holds */

static void followed(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	const struct catalogue *cat = r->user->catalogue;
	struct render_context s = api_render_context(r);
	struct buf *b = &res->body;
	char type[16] = "", after[ID_SIZE] = "";
	int64_t limit, first = 0, total = FOLLOWED, end;

	if (!api_limit(req, ITEMS_LIMIT, &limit, res))
		return;
	param_get(req->query, "type", type, sizeof(type));
	if (strcmp(type, "artist") != 0) {
		mock_response_error(res, 400, "Invalid type", NULL);
		return;
	}
	if (param_get(req->query, "after", after, sizeof(after)))
		while (first < total &&
		       strcmp(cat->artists[first++].id, after) != 0)
			continue;
	end = first + limit < total ? first + limit : total;
	buf_puts(b, "{\"artists\":{\"items\":[");
	for (int64_t i = first; i < end; i++) {
		render_artist(&s, &cat->artists[i], b);
		buf_puts(b, i + 1 < end ? "," : "");
	}
	buf_puts(b, "],\"next\":");
	if (end < total)
		buf_printf(b,
		    "\"%s/v1/me/following?type=artist&after=%s&limit=%lld\","
		    "\"cursors\":{\"after\":\"%s\"}",
		    r->base, cat->artists[end - 1].id, (long long)limit,
		    cat->artists[end - 1].id);
	else
		buf_puts(b, "null,\"cursors\":{\"after\":null}");
	buf_printf(b,
	    ",\"limit\":%lld,\"total\":%lld,\"href\":", (long long)limit,
	    (long long)total);
	api_href(r, req, b);
	buf_puts(b, "}}");
}

static void one_track(const struct mock *r, const char *id, struct buf *b)
{
	struct render_context s = api_render_context(r);
	const struct track *t = catalogue_track(r->user->catalogue, id);

	if (t != NULL)
		render_track(&s, t, b);
}

static void one_features(const struct mock *r, const char *id, struct buf *b)
{
	const struct track *t = catalogue_track(r->user->catalogue, id);

	if (t != NULL)
		(void)render_features(t, b); /* nothing written: not found */
}

static void one_album(const struct mock *r, const char *id, struct buf *b)
{
	struct render_context s = api_render_context(r);
	const struct album *a = catalogue_album(r->user->catalogue, id);

	if (a != NULL)
		render_album(&s, a, b);
}

static void one_artist(const struct mock *r, const char *id, struct buf *b)
{
	struct render_context s = api_render_context(r);
	const struct artist *a = catalogue_artist(r->user->catalogue, id);

	if (a != NULL)
		render_artist(&s, a, b);
}

static void one_user(const struct mock *r, const char *id, struct buf *b)
{
	const struct person *p = catalogue_person(r->user->catalogue, id);

	if (p != NULL)
		render_user(p, b);
}

/* Things that are asked for by id, and by ?ids= where the app may. */
static const struct kind {
	const char *endpoint; /* for one */
	const char *list;     /* the list's name in an answer to ?ids= */
	int64_t most;	      /* ids at once; 0: none */
	bool gone;	      /* new apps may not ask for one, either */
	void (*write)(const struct mock *, const char *, struct buf *);
} kinds[] = {
    {"track", "tracks", 50, false, one_track},
    {"album", "albums", 20, false, one_album},
    {"artist", "artists", 50, false, one_artist},
    {"audio-features", "audio_features", 100, true, one_features},
    {"user", NULL, 0, true, one_user},
};

/* Whether an id has the form of the API's: all but those of users do. */
static bool is_id(const char *id)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return strlen(id) == SPOTIFY_ID_LEN && !id[strspn(id, letters)];
}

static void one(const struct mock *r, const struct kind *k, const char *id,
    struct mock_response *res)
{
	if (k->most > 0 && !is_id(id)) {
		mock_response_error(res, 400, "Invalid base62 id", NULL);
		return;
	}
	k->write(r, id, &res->body);
	if (res->body.n == 0)
		api_not_found(res);
}

static void several(const struct mock *r, const struct kind *k,
    const struct mock_request *req, struct mock_response *res)
{
	char ids[4096], *id, *rest = ids;
	struct buf *b = &res->body;
	int64_t n = 0;
	bool good = true;

	if (!param_get(req->query, "ids", ids, sizeof(ids))) {
		mock_response_error(
		    res, 400, "Missing required field: ids", NULL);
		return;
	}
	buf_printf(b, "{\"%s\":[", k->list);
	while ((id = strtok_r(rest, ",", &rest)) != NULL && n++ < k->most) {
		size_t before;

		buf_puts(b, n > 1 ? "," : "");
		before = b->n;
		good = good && is_id(id);
		k->write(r, id, b);
		if (b->n == before)
			buf_puts(b, "null");
	}
	buf_puts(b, "]}");
	if (!good)
		mock_response_error(res, 400, "Invalid base62 id", NULL);
	if (n > k->most)
		mock_response_error(res, 400, "Too many ids requested", NULL);
}

/*
 * What new apps may not ask for any more: people are forbidden or unknown,
 * and audio features are refused with as many words as the service likes.
 */
static void refuse(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	struct prng c = {prng_derive(r->user->catalogue->seed, req->url, 7)};
	uint64_t draw = prng_below(&c, 3);

	mock_response_error(res, 403, "Forbidden", NULL);
	if (strncmp(req->path, "/v1/users/", 10) == 0 && draw == 0)
		api_not_found(res);
	if (strncmp(req->path, "/v1/audio-features", 18) != 0 || draw == 0)
		return;
	buf_clear(&res->body);
	if (draw == 1)
		buf_puts(&res->body, "{\"error\":{\"status\":403}}");
}

static bool by_id(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const struct kind *k = &kinds[i];
		const char *path = endpoint_named(slice_of(k->endpoint))->path;
		size_t len = strcspn(path, "*") - 1;
		bool single;

		if (strncmp(req->path, path, len) != 0)
			continue;
		single = req->path[len] == '/';
		if (!single && (req->path[len] != '\0' || k->most == 0))
			continue;
		if (r->access_mode == ACCESS_DEVELOPMENT &&
		    (k->gone || !single))
			refuse(r, req, res);
		else if (single)
			one(r, k, req->path + len + 1, res);
		else
			several(r, k, req, res);
		return true;
	}
	return false;
}

void api_respond(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	static const struct {
		const char *endpoint;
		void (*respond)(const struct mock *,
		    const struct mock_request *, struct mock_response *);
	} routes[] = {
	    {"me", me},
	    {"recently-played", recently_played},
	    {"followed-artists", followed},
	    {"saved-tracks", saved_tracks},
	};
	const char *endpoint = endpoint_of(slice_of(req->path));

	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		if (strcmp(endpoint, routes[i].endpoint) == 0) {
			routes[i].respond(r, req, res);
			return;
		}
	}
	if (!playlists_respond(r, req, res) && !by_id(r, req, res))
		mock_response_error(res, 404, "Service not found", NULL);
}
