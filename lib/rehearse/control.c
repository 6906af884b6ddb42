/*
 * /rehearse/...: the strings behind the stage. Moves the clock, breaks things,
 * and tells what truly happened.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "rehearse/put.h"
#include "rehearse/query.h"
#include "rehearse/rehearsal.h"
#include "rehearse/shape_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_MAX ((int64_t)100000000000000) /* in the year 5138 */

static void clear_or_give(
    struct buf *kept, const struct ask *ask, struct reply *reply)
{
	char clear[4];

	if (query_get(ask->query, "clear", clear, sizeof(clear))) {
		buf_clear(kept);
		buf_puts(&reply->body, "{\"cleared\":true}\n");
		return;
	}
	reply->type = TYPE_NDJSON;
	buf_put_slice(&reply->body, buf_slice(kept));
}

static void requests(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	clear_or_give(&r->log, ask, reply);
}

static void clock_hand(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	char text[64];
	int64_t to = r->clock, by = 0;

	if (query_get(ask->query, "set", text, sizeof(text)) &&
	    !clock_parse(slice_of(text), &to)) {
		reply_error(reply, 400, "set takes a moment in UTC", NULL);
		return;
	}
	if (query_get(ask->query, "advance", text, sizeof(text)) &&
	    !clock_parse_duration(slice_of(text), &by)) {
		reply_error(
		    reply, 400, "advance takes a span such as 6h", NULL);
		return;
	}
	if (to > CLOCK_MAX || by > CLOCK_MAX ||
	    !listener_reach(&r->listener, to + by)) {
		reply_error(reply, 400, "too many plays until then", NULL);
		return;
	}
	if (r->clock != to + by)
		r->set_at = clock_monotonic();
	r->clock = to + by;
	buf_puts(&reply->body, "{\"clock\":");
	put_moment(&reply->body, r->clock);
	buf_printf(&reply->body, ",\"ms\":%lld}\n", (long long)r->clock);
}

/* Every play up to the clock, also what the API does not show any more. */
static void plays(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const struct catalogue *cat = r->catalogue;
	struct buf *b = &reply->body;
	char uri[192], since[64];
	int64_t from = INT64_MIN;

	if (query_get(ask->query, "since", since, sizeof(since)) &&
	    !clock_parse(slice_of(since), &from)) {
		reply_error(reply, 400, "since takes a moment in UTC", NULL);
		return;
	}
	reply->type = TYPE_NDJSON;
	for (size_t i = 0; i < r->listener.count; i++) {
		const struct play *p = &r->listener.plays[i];
		const struct track *t = &cat->tracks[p->track];
		const char *type =
		    listener_context(cat, p->context, uri, sizeof(uri));

		if (p->played_at > r->clock || p->played_at < from)
			continue;
		buf_puts(b, "{\"played_at\":");
		put_moment(b, p->played_at);
		buf_puts(b, ",\"uri\":");
		put_text(b, t->uri);
		buf_puts(b, ",\"track_id\":");
		put_text(b, t->local ? NULL : t->id);
		buf_puts(b, ",\"visible_at\":");
		put_moment(b, p->visible_at);
		buf_puts(b, ",\"context\":");
		put_text(b, type != NULL ? uri : NULL);
		buf_puts(b, "}\n");
	}
}

static void put_person(struct buf *b, const struct person *p)
{
	put_text(b, p != NULL ? p->id : NULL);
}

/* What is gone tells when it came, and nothing else. */
static void put_item_truth(struct buf *b, const struct item *it)
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

static void put_list_truth(const struct rehearsal *r, const struct playlist *p,
    bool played, struct buf *b)
{
	bool fresh = r->regime == REGIME_DEVELOPMENT;
	struct edition e;
	struct item it;

	edition_init(&e, r->catalogue, p, &r->changes, r->clock, 0);
	buf_puts(b, "{\"id\":");
	put_text(b, p->id);
	buf_puts(b, ",\"name\":");
	put_text(b, p->name);
	buf_puts(b, ",\"owner\":");
	put_person(b, &r->catalogue->people[p->owner]);
	buf_printf(b,
	    ",\"listed\":%s,\"played\":%s,\"readable\":%s,\"snapshot_id\":",
	    p->listed ? "true" : "false", played ? "true" : "false",
	    fresh && (p->own_made || !p->mine) ? "false" : "true");
	put_text(b, p->own_made ? NULL : e.snapshot);
	buf_printf(b, ",\"total\":%d,\"items\":[", e.total);
	for (int k = 0; k < e.total; k++) {
		edition_item(&e, k, &it);
		buf_puts(b, k > 0 ? "," : "");
		put_item_truth(b, &it);
	}
	buf_puts(b, "]}\n");
}

/* Mark the playlists that plays up to the clock name. */
static void mark_played(const struct rehearsal *r, bool *played)
{
	for (size_t i = 0; i < r->listener.count; i++) {
		const struct play *play = &r->listener.plays[i];
		const struct playlist *p =
		    listener_playlist(r->catalogue, play->context);

		if (p != NULL && play->played_at <= r->clock)
			played[p - r->catalogue->playlists] = true;
	}
}

/* What stands in the playlists that are listed or were played from. */
static void playlists(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const struct catalogue *cat = r->catalogue;
	bool *played = mem_zero((size_t)cat->playlist_count, sizeof(*played));
	char id[ID_SIZE] = "";

	mark_played(r, played);
	query_get(ask->query, "id", id, sizeof(id));
	reply->type = TYPE_NDJSON;
	for (int i = 0; i < cat->playlist_count; i++) {
		const struct playlist *p = &cat->playlists[i];

		if ((p->listed || played[i]) && (p->flags & LIST_GONE) == 0 &&
		    (id[0] == '\0' || strcmp(id, p->id) == 0))
			put_list_truth(r, p, played[i], &reply->body);
	}
	free(played);
}

static void play(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const struct catalogue *cat = r->catalogue;
	struct play p = {r->clock, INT64_MIN, cat->favourites[0], -1};
	char text[192];

	if (query_get(ask->query, "uri", text, sizeof(text))) {
		const struct track *t = catalogue_track(cat, text);

		if (t == NULL) {
			reply_error(reply, 404, "no such track", NULL);
			return;
		}
		p.track = (int)(t - cat->tracks);
	}
	if ((query_get(ask->query, "played_at", text, sizeof(text)) &&
		!clock_parse(slice_of(text), &p.played_at)) ||
	    (query_get(ask->query, "visible_at", text, sizeof(text)) &&
		!clock_parse(slice_of(text), &p.visible_at))) {
		reply_error(reply, 400, "not a moment in UTC", NULL);
		return;
	}
	if (p.visible_at < p.played_at)
		p.visible_at = p.played_at;
	if (query_get(ask->query, "context", text, sizeof(text)) &&
	    (p.context = listener_context_of(cat, text)) < 0) {
		reply_error(reply, 404, "no such context", NULL);
		return;
	}
	if (!listener_reach(&r->listener, p.played_at) ||
	    !listener_add(&r->listener, &p)) {
		reply_error(reply, 409, "there is a play at that time", NULL);
		return;
	}
	buf_puts(&reply->body, "{\"uri\":");
	put_text(&reply->body, cat->tracks[p.track].uri);
	buf_puts(&reply->body, ",\"played_at\":");
	put_moment(&reply->body, p.played_at);
	buf_puts(&reply->body, "}\n");
}

static void fault(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const char *spec = ask->query != NULL ? ask->query : "", *why;
	char clear[4];
	struct fault f;

	if (query_get(spec, "clear", clear, sizeof(clear)))
		r->faults.count = 0;
	else if (!fault_read(&f, spec, &why))
		reply_error(reply, 400, why, NULL);
	else if (!faults_add(&r->faults, &f))
		reply_error(reply, 400, "too many faults wait", NULL);
	if (reply->status == 200)
		buf_printf(&reply->body, "{\"faults\":%d}\n", r->faults.count);
}

static void expire(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	(void)ask;
	tokens_expire(&r->tokens);
	buf_puts(&reply->body, "{\"expired\":true}\n");
}

/* What every token carries from now on, as if the user had taken some back. */
static void scope(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	query_get(
	    ask->query, "scope", r->tokens.scope, sizeof(r->tokens.scope));
	buf_puts(&reply->body, "{\"scope\":");
	put_text(&reply->body, r->tokens.scope);
	buf_puts(&reply->body, "}\n");
}

void control_answer(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	static const struct {
		const char *method, *path;
		void (*answer)(
		    struct rehearsal *, const struct ask *, struct reply *);
	} routes[] = {
	    {"GET", "/rehearse/requests", requests},
	    {"POST", "/rehearse/requests", requests},
	    {"GET", "/rehearse/clock", clock_hand},
	    {"POST", "/rehearse/clock", clock_hand},
	    {"GET", "/rehearse/plays", plays},
	    {"GET", "/rehearse/playlists", playlists},
	    {"POST", "/rehearse/play", play},
	    {"POST", "/rehearse/fault", fault},
	    {"POST", "/rehearse/expire", expire},
	    {"POST", "/rehearse/scope", scope},
	};

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(ask->path, routes[i].path) == 0 &&
		    strcmp(ask->method, routes[i].method) == 0) {
			routes[i].answer(r, ask, reply);
			return;
		}
	}
	reply_error(reply, 404, "Service not found", NULL);
}
