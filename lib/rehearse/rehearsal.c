#include "base/clock.h"
#include "rehearse/put.h"
#include "rehearse/rehearsal.h"
#include "spotify/endpoint.h"
#include "stream/scopes.h"

#include <stdio.h>
#include <string.h>

#define LOG_MAX ((size_t)64 << 20)

const char *rehearsal_scope(void)
{
	return "user-read-recently-played playlist-read-private "
	       "playlist-read-collaborative user-follow-read "
	       "user-library-read user-top-read user-read-private";
}

void rehearsal_release(struct rehearsal *r)
{
	listener_release(&r->listener);
	changes_release(&r->changes);
	catalogue_free(r->catalogue);
	saved_free(r->saved);
	buf_release(&r->log);
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool token_valid(const struct rehearsal *r, const struct ask *ask)
{
	const char *given = ask->authorization;

	return given != NULL && starts(given, "Bearer ") &&
	       tokens_valid(&r->tokens, given + 7);
}

static bool allowed(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	if (ask->authorization == NULL) {
		reply_error(reply, 401, "No token provided", NULL);
		return false;
	}
	if (!starts(ask->authorization, "Bearer ")) {
		reply_error(reply, 400,
		    "Only valid bearer authentication supported", NULL);
		return false;
	}
	if (!token_valid(r, ask)) {
		reply_error(reply, 401, "The access token expired", NULL);
		return false;
	}
	return true;
}

/* Whether the login was given the scope that a path needs. */
static bool scoped(
    const struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	const char *endpoint = endpoint_of(slice_of(ask->path));
	const struct scope_need *need = scope_of(slice_of(endpoint));

	if (!need || scopes_have(r->tokens.scope, slice_of(need->scope)))
		return true;
	reply_error(reply, 403, "Insufficient client scope", NULL);
	return false;
}

static void answer(struct rehearsal *r, const struct ask *ask,
    const struct fault *fault, struct reply *reply)
{
	struct buf lines = BUF_INIT(REPLY_MAX);

	if (strcmp(ask->path, "/api/token") == 0 ||
	    strcmp(ask->path, "/authorize") == 0) {
		accounts_answer(r, ask, fault, reply);
	} else if (starts(ask->path, "/v1/")) {
		if (!allowed(r, ask, reply) || !scoped(r, ask, reply))
			return;
		if (strcmp(ask->method, "GET") != 0 &&
		    strcmp(ask->method, "HEAD") != 0)
			reply_error(reply, 405, "Method not allowed", NULL);
		else if (r->saved != NULL)
			saved_answer(r->saved, r->base, ask, reply);
		else
			api_answer(r, ask, reply);
	} else {
		reply_error(reply, 404, "Service not found", NULL);
	}
	if (r->pretty && strcmp(reply->type, TYPE_JSON) == 0 &&
	    reply->body.n > 0) {
		put_pretty(&lines, buf_slice(&reply->body));
		buf_release(&reply->body);
		reply->body = lines;
	}
}

static void add_log(struct rehearsal *r, const struct ask *ask,
    const char *fault, const struct reply *reply)
{
	struct buf *b = &r->log;
	const char *authorization = "other";

	if (ask->authorization == NULL)
		authorization = "none";
	else if (token_valid(r, ask))
		authorization = "bearer-ok";
	if (b->n > LOG_MAX) {
		char *half = b->p + LOG_MAX / 2;
		char *line = memchr(half, '\n', b->n - LOG_MAX / 2);

		b->n -= (size_t)(line + 1 - b->p);
		memmove(b->p, line + 1, b->n);
	}
	buf_printf(b, "{\"n\":%llu,\"connection\":%llu,\"method\":",
	    (unsigned long long)++r->counted,
	    (unsigned long long)ask->connection);
	put_text(b, ask->method);
	buf_puts(b, ",\"url\":");
	put_text(b, ask->url);
	buf_printf(b, ",\"status\":%d,\"authorization\":\"%s\",\"user_agent\":",
	    reply->reset ? 0 : reply->status, authorization);
	put_text(b, ask->user_agent);
	buf_puts(b, ",\"accept_encoding\":");
	put_text(b, ask->accept_encoding);
	buf_printf(b, ",\"bytes\":%zu", reply->body.n);
	buf_puts(b, ",\"fault\":");
	put_text(b, fault);
	buf_puts(b, "}\n");
}

/* Somebody edits the playlist whose page is asked for. */
static void change_playlist(
    struct rehearsal *r, const struct ask *ask, bool swap)
{
	const char *rest;
	const struct playlist *p =
	    catalogue_playlist_at(r->catalogue, ask->path, &rest);

	if (p != NULL)
		changes_add(&r->changes, (int)(p - r->catalogue->playlists),
		    swap, r->clock);
}

void rehearsal_answer(
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	struct fault fault;
	bool faulty;

	reply_init(reply);
	if (starts(ask->path, "/rehearse/")) {
		control_answer(r, ask, reply);
		return;
	}
	faulty = faults_take(&r->faults, ask->url, &fault);
	if (faulty && fault.kind == FAULT_CHANGE)
		change_playlist(r, ask, fault.swap);
	if (!faulty || !fault_replaces(&fault))
		answer(r, ask, faulty ? &fault : NULL, reply);
	if (faulty)
		fault_apply(&fault, ask, r->base, reply);
	reply->wait += r->latency;
	/* It stands still for the data; of two responses the later is later. */
	reply->date =
	    r->set_at ? r->clock + clock_monotonic() - r->set_at : clock_now();
	add_log(r, ask, faulty ? fault.name : NULL, reply);
}
