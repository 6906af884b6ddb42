#include "base/clock.h"
#include "base/url.h"
#include "rehearse/mock.h"
#include "rehearse/put_json.h"
#include "spotify/endpoint.h"
#include "spotify/scopes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MAX ((size_t)64 << 20)

const char mock_default_scope[] =
    "user-read-recently-played playlist-read-private "
    "playlist-read-collaborative user-follow-read "
    "user-library-read user-top-read user-read-private";

void mock_release(struct mock *r)
{
	for (int i = r->user_count - 1; i >= 0; i--) {
		history_release(&r->users[i].history);
		playlist_changes_release(&r->users[i].changes);
		catalogue_free(r->users[i].catalogue);
	}
	free(r->users);
	buf_release(&r->log);
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * The user whose access or refresh token it carries, or whom ?user= names to a
 * control endpoint; else the first. NULL if there is no user of that name.
 */
static struct mock_user *user_of(
    const struct mock *r, const struct mock_request *req)
{
	char text[256] = "";
	int n;

	if (starts(req->path, "/rehearse/") &&
	    param_get(req->query, "user", text, sizeof(text))) {
		for (n = 0; n < r->user_count; n++)
			if (strcmp(r->users[n].catalogue->user, text) == 0)
				return &r->users[n];
		return NULL;
	}
	if (req->authorization && starts(req->authorization, "Bearer "))
		n = tokens_user(req->authorization + 7);
	else if (param_get(req->form, "refresh_token", text, sizeof(text)))
		n = tokens_user(text);
	else
		n = 0;
	return &r->users[n < r->user_count ? n : 0];
}

static bool token_valid(const struct mock *r, const struct mock_request *req)
{
	const char *given = req->authorization;

	return given != NULL && starts(given, "Bearer ") &&
	       tokens_valid(&r->user->tokens, given + 7);
}

static bool allowed(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	if (req->authorization == NULL) {
		mock_response_error(res, 401, "No token provided", NULL);
		return false;
	}
	if (!starts(req->authorization, "Bearer ")) {
		mock_response_error(res, 400,
		    "Only valid bearer authentication supported", NULL);
		return false;
	}
	if (!token_valid(r, req)) {
		mock_response_error(res, 401, "The access token expired", NULL);
		return false;
	}
	return true;
}

/* Whether the tokens have the scope that a path needs. */
static bool scoped(const struct mock *r, const struct mock_request *req,
    struct mock_response *res)
{
	const char *endpoint = endpoint_of(slice_of(req->path));
	const struct scope_need *need = scope_needed_by(slice_of(endpoint));

	if (!need || scopes_have(r->user->tokens.scope, slice_of(need->scope)))
		return true;
	mock_response_error(res, 403, "Insufficient client scope", NULL);
	return false;
}

static void respond(struct mock *r, const struct mock_request *req,
    const struct fault *fault, struct mock_response *res)
{
	if (strcmp(req->path, "/api/token") == 0 ||
	    strcmp(req->path, "/authorize") == 0) {
		accounts_respond(r, req, fault, res);
	} else if (starts(req->path, "/v1/")) {
		if (!allowed(r, req, res) || !scoped(r, req, res))
			return;
		if (strcmp(req->method, "GET") != 0 &&
		    strcmp(req->method, "HEAD") != 0)
			mock_response_error(
			    res, 405, "Method not allowed", NULL);
		else if (r->saved != NULL)
			saved_respond(r->saved, req, res);
		else
			api_respond(r, req, res);
	} else {
		mock_response_error(res, 404, "Service not found", NULL);
	}
}

static void add_log(struct mock *r, const struct mock_request *req,
    const char *fault, const struct mock_response *res)
{
	struct buf *b = &r->log;
	const char *authorization = "other";

	if (req->authorization == NULL)
		authorization = "none";
	else if (token_valid(r, req))
		authorization = "bearer-ok";
	if (b->n > LOG_MAX) {
		char *half = b->p + LOG_MAX / 2;
		char *line = memchr(half, '\n', b->n - LOG_MAX / 2);

		b->n -= (size_t)(line + 1 - b->p);
		memmove(b->p, line + 1, b->n);
	}
	buf_printf(b, "{\"n\":%llu,\"connection\":%llu,\"method\":",
	    (unsigned long long)++r->counted,
	    (unsigned long long)req->connection);
	put_text(b, req->method);
	buf_puts(b, ",\"url\":");
	put_text(b, req->url);
	buf_printf(b, ",\"status\":%d,\"authorization\":\"%s\",\"user_agent\":",
	    res->reset ? 0 : res->status, authorization);
	put_text(b, req->user_agent);
	buf_puts(b, ",\"accept_encoding\":");
	put_text(b, req->accept_encoding);
	buf_printf(b, ",\"bytes\":%zu", res->body.n);
	buf_puts(b, ",\"fault\":");
	put_text(b, fault);
	buf_puts(b, "}\n");
}

/* Change the playlist whose page is requested. */
static void change_playlist(
    struct mock *r, const struct mock_request *req, bool swap)
{
	const char *rest;
	const struct playlist *p =
	    catalogue_playlist_at(r->user->catalogue, req->path, &rest);

	if (p != NULL)
		playlist_changes_add(&r->user->changes,
		    (int)(p - r->user->catalogue->playlists), swap, r->clock);
}

void mock_respond(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	struct fault fault;
	bool faulty;

	mock_response_init(res);
	r->user = user_of(r, req);
	if (!r->user) {
		mock_response_error(res, 404, "No such user", NULL);
		return;
	}
	if (starts(req->path, "/rehearse/")) {
		control_respond(r, req, res);
		return;
	}
	faulty = faults_next(&r->faults, req->url, &fault);
	if (faulty && fault.kind == FAULT_CHANGE)
		change_playlist(r, req, strcmp(fault.mode, "swap") == 0);
	if (!faulty || !fault_replaces(&fault))
		respond(r, req, faulty ? &fault : NULL, res);
	if (faulty)
		fault_apply(&fault, req, r->base, res);
	res->wait += r->latency;
	/* The simulated clock is frozen for the data, but not for Date. */
	res->date =
	    r->set_at ? r->clock + clock_monotonic() - r->set_at : clock_now();
	add_log(r, req, faulty ? fault.name : NULL, res);
}
