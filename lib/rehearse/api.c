/* What the Web API answers to a caller whose token is good. */
#include "rehearse/put.h"
#include "rehearse/query.h"
#include "rehearse/api_parts.h"
#include "spotify/endpoint.h"

#include <stdio.h>
#include <string.h>

/* The part of the recent plays that was asked for: from first on, count. */
struct page {
	int64_t limit, after, before; /* -1: not given */
	int first, count;
	bool forward;
};

static bool read_page(
    const struct ask *ask, struct page *p, struct reply *reply)
{
	char text[2];

	p->after = p->before = -1;
	if (!api_limit(ask, ITEMS_LIMIT, &p->limit, reply))
		return false;
	p->forward = query_get(ask->query, "after", text, sizeof(text));
	if (p->forward && query_get(ask->query, "before", text, sizeof(text))) {
		reply_error(reply, 400,
		    "Only one of the parameters before and after can be set",
		    NULL);
		return false;
	}
	if (!query_number(ask->query, "after", &p->after) ||
	    !query_number(ask->query, "before", &p->before)) {
		reply_error(reply, 400, "Invalid cursor", NULL);
		return false;
	}
	return true;
}

static void choose_page(struct page *p, const struct play **recent, int n)
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
 * A full page always has a next: only the empty one past the ceiling tells
 * that there is no more.
 */
static void recently_played(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const struct play *recent[CEILING];
	struct shapes s = api_shapes(r);
	struct buf *b = &reply->body;
	struct page p;
	int n = listener_recent(&r->listener, r->clock, recent);
	long long oldest, newest;

	if (!read_page(ask, &p, reply))
		return;
	choose_page(&p, recent, n);
	buf_puts(b, "{\"items\":[");
	for (int i = p.count - 1; i >= 0; i--) {
		shape_play(&s, recent[p.first + i], b);
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
	api_href(r, ask, b);
	buf_puts(b, "}");
}

static void me(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	struct shapes s = api_shapes(r);

	(void)ask;
	shape_me(&s, &reply->body);
}

static void saved_tracks(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	struct shapes s = api_shapes(r);
	struct window w = {.path = "/v1/me/tracks", .most = ITEMS_LIMIT};

	if (api_window(ask, &w, reply))
		shape_saved(&s, &w, &reply->body);
}

#define FOLLOWED 57 /* artists: more than a page holds */

static void followed(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const struct catalogue *cat = r->catalogue;
	struct shapes s = api_shapes(r);
	struct buf *b = &reply->body;
	char type[16] = "", after[ID_SIZE] = "";
	int64_t limit, first = 0, total = FOLLOWED, end;

	if (!api_limit(ask, ITEMS_LIMIT, &limit, reply))
		return;
	query_get(ask->query, "type", type, sizeof(type));
	if (strcmp(type, "artist") != 0) {
		reply_error(reply, 400, "Invalid type", NULL);
		return;
	}
	if (query_get(ask->query, "after", after, sizeof(after)))
		while (first < total &&
		       strcmp(cat->artists[first++].id, after) != 0)
			continue;
	end = first + limit < total ? first + limit : total;
	buf_puts(b, "{\"artists\":{\"items\":[");
	for (int64_t i = first; i < end; i++) {
		shape_artist(&s, &cat->artists[i], b);
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
	api_href(r, ask, b);
	buf_puts(b, "}}");
}

static void one_track(const struct rehearsal *r, const char *id, struct buf *b)
{
	struct shapes s = api_shapes(r);
	const struct track *t = catalogue_track(r->catalogue, id);

	if (t != NULL)
		shape_track(&s, t, b);
}

static void one_features(
    const struct rehearsal *r, const char *id, struct buf *b)
{
	const struct track *t = catalogue_track(r->catalogue, id);

	if (t != NULL)
		(void)shape_features(t, b); /* nothing written: not found */
}

static void one_album(const struct rehearsal *r, const char *id, struct buf *b)
{
	struct shapes s = api_shapes(r);
	const struct album *a = catalogue_album(r->catalogue, id);

	if (a != NULL)
		shape_album(&s, a, b);
}

static void one_artist(const struct rehearsal *r, const char *id, struct buf *b)
{
	struct shapes s = api_shapes(r);
	const struct artist *a = catalogue_artist(r->catalogue, id);

	if (a != NULL)
		shape_artist(&s, a, b);
}

static void one_user(const struct rehearsal *r, const char *id, struct buf *b)
{
	const struct person *p = catalogue_person(r->catalogue, id);

	if (p != NULL)
		shape_user(p, b);
}

/* Things that are asked for by id, and by ?ids= where the app may. */
static const struct kind {
	const char *endpoint; /* for one */
	const char *list;     /* the list's name in an answer to ?ids= */
	int64_t most;	      /* ids at once; 0: none */
	bool gone;	      /* new apps may not ask for one, either */
	void (*write)(const struct rehearsal *, const char *, struct buf *);
} kinds[] = {
    {"track", "tracks", 50, false, one_track},
    {"album", "albums", 20, false, one_album},
    {"artist", "artists", 50, false, one_artist},
    {"audio-features", "audio_features", 100, true, one_features},
    {"user", NULL, 0, true, one_user},
};

static void several(const struct rehearsal *r, const struct kind *k,
    const struct ask *ask, struct reply *reply)
{
	char ids[4096], *id, *rest = ids;
	struct buf *b = &reply->body;
	int64_t n = 0;

	if (!query_get(ask->query, "ids", ids, sizeof(ids))) {
		reply_error(reply, 400, "Missing required field: ids", NULL);
		return;
	}
	buf_printf(b, "{\"%s\":[", k->list);
	while ((id = strtok_r(rest, ",", &rest)) != NULL && n++ < k->most) {
		size_t before;

		buf_puts(b, n > 1 ? "," : "");
		before = b->n;
		k->write(r, id, b);
		if (b->n == before)
			buf_puts(b, "null");
	}
	buf_puts(b, "]}");
	if (n > k->most)
		reply_error(reply, 400, "Too many ids requested", NULL);
}

/*
 * What new apps may not ask for any more: people are forbidden or unknown,
 * and audio features are refused with as many words as the service likes.
 */
static void refuse(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	struct chance c = {chance_mix(r->catalogue->seed, ask->url, 7)};
	uint64_t draw = chance_below(&c, 3);

	reply_error(reply, 403, "Forbidden", NULL);
	if (strncmp(ask->path, "/v1/users/", 10) == 0 && draw == 0)
		api_not_found(reply);
	if (strncmp(ask->path, "/v1/audio-features", 18) != 0 || draw == 0)
		return;
	buf_clear(&reply->body);
	if (draw == 1)
		buf_puts(&reply->body, "{\"error\":{\"status\":403}}");
}

static bool by_id(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *k = &kinds[i];
		const char *path = endpoint_named(slice_of(k->endpoint))->path;
		size_t len = strcspn(path, "*") - 1;
		bool one;

		if (strncmp(ask->path, path, len) != 0)
			continue;
		one = ask->path[len] == '/';
		if (!one && (ask->path[len] != '\0' || k->most == 0))
			continue;
		if (r->regime == REGIME_DEVELOPMENT && (k->gone || !one)) {
			refuse(r, ask, reply);
		} else if (!one) {
			several(r, k, ask, reply);
		} else {
			k->write(r, ask->path + len + 1, &reply->body);
			if (reply->body.n == 0)
				api_not_found(reply);
		}
		return true;
	}
	return false;
}

void api_answer(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	static const struct {
		const char *endpoint;
		void (*answer)(const struct rehearsal *, const struct ask *,
		    struct reply *);
	} routes[] = {
	    {"me", me},
	    {"recently-played", recently_played},
	    {"followed-artists", followed},
	    {"saved-tracks", saved_tracks},
	};
	const char *endpoint = endpoint_of(slice_of(ask->path));

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(endpoint, routes[i].endpoint) == 0) {
			routes[i].answer(r, ask, reply);
			return;
		}
	}
	if (!playlists_answer(r, ask, reply) && !by_id(r, ask, reply))
		reply_error(reply, 404, "Service not found", NULL);
}
