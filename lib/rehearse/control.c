/*
 * The control endpoints, /rehearse/...: they set the simulated clock, inject
 * faults, and print the true history.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/url.h"
#include "rehearse/mock.h"
#include "rehearse/put_json.h"
#include "rehearse/render_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_MAX ((int64_t)100000000000000) /* in the year 5138 */

static void requests(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	struct slice clear;

	if (param_find(req->query, "clear", &clear)) {
		buf_clear(&r->log);
		buf_puts(&res->body, "{\"cleared\":true}\n");
		return;
	}
	res->type = TYPE_NDJSON;
	buf_put_slice(&res->body, buf_slice(&r->log));
}

/* The history of every user up to a time; false: too many plays. */
static bool extend_all(struct mock *r, int64_t to)
{
	for (int i = 0; i < r->user_count; i++)
		if (!history_extend(&r->users[i].history, to))
			return false;
	return true;
}

static void set_clock(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	char text[64];
	int64_t to = r->clock, by = 0;

	if (param_get(req->query, "set", text, sizeof(text)) &&
	    !clock_parse(slice_of(text), &to)) {
		mock_response_error(res, 400, "set takes a time in UTC", NULL);
		return;
	}
	if (param_get(req->query, "advance", text, sizeof(text)) &&
	    !clock_parse_duration(slice_of(text), &by)) {
		mock_response_error(
		    res, 400, "advance takes a duration such as 6h", NULL);
		return;
	}
	if (to > CLOCK_MAX || by > CLOCK_MAX || !extend_all(r, to + by)) {
		mock_response_error(
		    res, 400, "too many plays until then", NULL);
		return;
	}
	if (r->clock != to + by)
		r->set_at = clock_monotonic();
	r->clock = to + by;
	buf_puts(&res->body, "{\"clock\":");
	put_time(&res->body, r->clock);
	buf_printf(&res->body, ",\"ms\":%lld}\n", (long long)r->clock);
}

/* Every play up to the clock, also those that the API returns no more. */
static void plays(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	const struct catalogue *cat = r->user->catalogue;
	struct buf *b = &res->body;
	char uri[192], since[64];
	int64_t from = INT64_MIN;

	if (param_get(req->query, "since", since, sizeof(since)) &&
	    !clock_parse(slice_of(since), &from)) {
		mock_response_error(
		    res, 400, "since takes a time in UTC", NULL);
		return;
	}
	res->type = TYPE_NDJSON;
	for (size_t i = 0; i < r->user->history.count; i++) {
		const struct play *p = &r->user->history.plays[i];
		const struct track *t = &cat->tracks[p->track];
		const char *type =
		    history_context(cat, p->context, uri, sizeof(uri));

		if (p->played_at > r->clock || p->played_at < from)
			continue;
		buf_puts(b, "{\"played_at\":");
		put_time(b, p->played_at);
		buf_puts(b, ",\"uri\":");
		put_text(b, t->uri);
		buf_puts(b, ",\"track_id\":");
		put_text(b, t->local ? NULL : t->id);
		buf_puts(b, ",\"visible_at\":");
		put_time(b, p->visible_at);
		buf_puts(b, ",\"context\":");
		put_text(b, type != NULL ? uri : NULL);
		buf_puts(b, "}\n");
	}
}

static void put_person(struct buf *b, const struct person *p)
{
	put_text(b, p != NULL ? p->id : NULL);
}

/* An item that is gone has only added_at. */
static void put_true_item(struct buf *b, const struct playlist_item *it)
{
	const char *kind = "track";
	bool gone = it->track == NULL && it->episode == NULL;

	if (it->track == NULL)
		kind = gone ? "unavailable" : "episode";
	else if (it->track->local)
		kind = "local";
	buf_puts(b, "{\"uri\":");
	if (it->track != NULL)
		put_text(b, it->track->uri);
	else
		put_text(b, it->episode != NULL ? it->episode->uri : NULL);
	buf_printf(b, ",\"kind\":\"%s\",\"added_at\":", kind);
	put_second(b, it->added_at);
	buf_puts(b, ",\"added_by\":");
	put_person(b, gone ? NULL : it->added_by);
	buf_puts(b, "}");
}

static void put_true_playlist(
    const struct mock *r, const struct playlist *p, bool played, struct buf *b)
{
	bool new_app = r->access_mode == ACCESS_DEVELOPMENT;
	struct playlist_version e;
	struct playlist_item it;

	playlist_version_init(
	    &e, r->user->catalogue, p, &r->user->changes, r->clock, 0);
	buf_puts(b, "{\"id\":");
	put_text(b, p->id);
	buf_puts(b, ",\"name\":");
	put_text(b, p->name);
	buf_puts(b, ",\"owner\":");
	put_person(b, &r->user->catalogue->people[p->owner]);
	buf_printf(b,
	    ",\"listed\":%s,\"played\":%s,\"readable\":%s,\"snapshot_id\":",
	    p->listed ? "true" : "false", played ? "true" : "false",
	    new_app && (p->service_made || !p->mine) ? "false" : "true");
	put_text(b, p->service_made ? NULL : e.snapshot);
	buf_printf(b, ",\"total\":%d,\"items\":[", e.total);
	for (int k = 0; k < e.total; k++) {
		playlist_version_item(&e, k, &it);
		buf_puts(b, k > 0 ? "," : "");
		put_true_item(b, &it);
	}
	buf_puts(b, "]}\n");
}

/* Mark the playlists that are the context of a play up to the clock. */
static void mark_played(const struct mock *r, bool *played)
{
	for (size_t i = 0; i < r->user->history.count; i++) {
		const struct play *play = &r->user->history.plays[i];
		const struct playlist *p =
		    history_playlist(r->user->catalogue, play->context);

		if (p != NULL && play->played_at <= r->clock)
			played[p - r->user->catalogue->playlists] = true;
	}
}

/* The items of the playlists that are listed or were played from. */
static void playlists(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	const struct catalogue *cat = r->user->catalogue;
	bool *played = mem_zero((size_t)cat->playlist_count, sizeof(*played));
	char id[ID_SIZE] = "";

	mark_played(r, played);
	param_get(req->query, "id", id, sizeof(id));
	res->type = TYPE_NDJSON;
	for (int i = 0; i < cat->playlist_count; i++) {
		const struct playlist *p = &cat->playlists[i];

		if ((p->listed || played[i]) &&
		    (p->flags & PLAYLIST_GONE) == 0 &&
		    (id[0] == '\0' || strcmp(id, p->id) == 0))
			put_true_playlist(r, p, played[i], &res->body);
	}
	free(played);
}

static void play(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	const struct catalogue *cat = r->user->catalogue;
	struct play p = {r->clock, INT64_MIN, cat->favourites[0], -1, 0};
	char text[192];

	if (param_get(req->query, "uri", text, sizeof(text))) {
		const struct track *t = catalogue_track(cat, text);

		if (t == NULL) {
			mock_response_error(res, 404, "no such track", NULL);
			return;
		}
		p.track = (int)(t - cat->tracks);
	}
	if ((param_get(req->query, "played_at", text, sizeof(text)) &&
		!clock_parse(slice_of(text), &p.played_at)) ||
	    (param_get(req->query, "visible_at", text, sizeof(text)) &&
		!clock_parse(slice_of(text), &p.visible_at))) {
		mock_response_error(res, 400, "not a time in UTC", NULL);
		return;
	}
	if (p.visible_at < p.played_at)
		p.visible_at = p.played_at;
	if (!history_extend(&r->user->history, p.played_at) ||
	    !history_add(&r->user->history, &p)) {
		mock_response_error(
		    res, 409, "there is a play at that time", NULL);
		return;
	}
	buf_puts(&res->body, "{\"uri\":");
	put_text(&res->body, cat->tracks[p.track].uri);
	buf_puts(&res->body, ",\"played_at\":");
	put_time(&res->body, p.played_at);
	buf_puts(&res->body, "}\n");
}

static void fault(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	const char *why = NULL;
	struct slice clear;
	struct fault f;

	if (param_find(req->query, "clear", &clear))
		r->faults.count = 0;
	else if ((why = fault_read(&f, req->query)) == NULL &&
		 !faults_add(&r->faults, &f))
		why = "too many faults are queued";
	if (why != NULL)
		mock_response_error(res, 400, why, NULL);
	else
		buf_printf(&res->body, "{\"faults\":%d}\n", r->faults.count);
}

static void expire(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	(void)req;
	tokens_expire(&r->user->tokens);
	buf_puts(&res->body, "{\"expired\":true}\n");
}

/* Grant other scopes to every token, as if the user had revoked some. */
static void scope(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	param_get(req->query, "scope", r->user->tokens.scope,
	    sizeof(r->user->tokens.scope));
	buf_puts(&res->body, "{\"scope\":");
	put_text(&res->body, r->user->tokens.scope);
	buf_puts(&res->body, "}\n");
}

void control_respond(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	static const struct {
		const char *method, *path;
		void (*respond)(struct mock *, const struct mock_request *,
		    struct mock_response *);
	} routes[] = {
	    {"GET", "/rehearse/requests", requests},
	    {"POST", "/rehearse/requests", requests},
	    {"GET", "/rehearse/clock", set_clock},
	    {"POST", "/rehearse/clock", set_clock},
	    {"GET", "/rehearse/plays", plays},
	    {"GET", "/rehearse/playlists", playlists},
	    {"POST", "/rehearse/play", play},
	    {"POST", "/rehearse/fault", fault},
	    {"POST", "/rehearse/expire", expire},
	    {"POST", "/rehearse/scope", scope},
	};

	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		if (strcmp(req->path, routes[i].path) == 0 &&
		    strcmp(req->method, routes[i].method) == 0) {
			routes[i].respond(r, req, res);
			return;
		}
	}
	mock_response_error(res, 404, "Service not found", NULL);
}
