#include "auth/grant.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "auth/secret.h"
#include "auth/token.h"
#include "base/clock.h"
#include "http/error.h"
#include "spotify/problem.h"
#include "http/retry.h"
#include "http/transfer.h"
#include "json/json.h"

#define RESPONSE_MAX ((size_t)1 << 20)
#define TOKEN_TEXT_MAX ((size_t)12 << 10) /* of each text: all fit the file */
#define LIFETIME_MAX ((int64_t)10 * 365 * 86400) /* seconds */

#define NO_RESPONSE "the token endpoint does not answer"

/* The members of a response, decoded; empty if missing or invalid. */
struct granted {
	struct buf access, refresh, scope;
	int64_t lifetime; /* seconds, or 0 */
};

/*
 * Decode a text, to nothing unless all of it is ASCII from `lowest` on: safe in
 * a header, and in the token file, from which it must be read again.
 */
static void parse_text(struct buf *to, const struct json *j, char lowest)
{
	buf_clear(to);
	if (!json_unescape(j->text, to))
		to->n = 0;
	for (size_t i = 0; i < to->n; i++)
		if (to->p[i] < lowest || to->p[i] > '~')
			buf_clear(to);
}

static void parse_member(
    struct granted *g, const struct json *j, enum json_type type)
{
	if (type == JSON_STRING && slice_is(j->key, "access_token"))
		parse_text(&g->access, j, '!');
	else if (type == JSON_STRING && slice_is(j->key, "refresh_token"))
		parse_text(&g->refresh, j, '!');
	else if (type == JSON_STRING && slice_is(j->key, "scope"))
		parse_text(&g->scope, j, ' ');
	else if (type == JSON_NUMBER && slice_is(j->key, "expires_in") &&
		 (!json_whole(j->text, &g->lifetime) || g->lifetime < 0 ||
		     g->lifetime > LIFETIME_MAX))
		g->lifetime = 0;
}

static bool parse_grant(struct granted *g, struct slice body)
{
	struct json j;
	enum json_type type;

	json_init(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		parse_member(g, &j, type);
		json_skip(&j, type);
	}
	return type == JSON_OBJECT_END && json_next(&j) == JSON_END &&
	       g->access.n > 0;
}

/* Set the granted tokens; false if there are none in the body. */
static bool store_grant(struct token *t, struct slice body, int64_t now)
{
	struct granted g = {.access = BUF_INIT(TOKEN_TEXT_MAX),
	    .refresh = BUF_INIT(TOKEN_TEXT_MAX),
	    .scope = BUF_INIT(TOKEN_TEXT_MAX)};
	bool ok = parse_grant(&g, body);

	if (ok) {
		token_update(t, buf_slice(&g.access), buf_slice(&g.refresh));
		if (g.scope.n)
			secret_set(&t->scope, buf_slice(&g.scope));
		t->expires_at = g.lifetime ? now + g.lifetime * 1000 : 0;
	}
	secret_release(&g.access);
	secret_release(&g.refresh);
	secret_release(&g.scope);
	return ok;
}

/*
 * Set the error of a 4xx response, which is not retried. One without an OAuth
 * error code is not of the token endpoint, but for example of a proxy.
 */
static bool set_denied(
    struct response *r, const char *ended, struct error *error)
{
	struct slice code = problem_code(buf_slice(&r->body));
	char text[256];

	problem_text(r->status, buf_slice(&r->body), text, sizeof(text));
	if (slice_is(code, "invalid_grant"))
		return error_set(error, EX_NOPERM, "%s (%s)", ended, text);
	if (code.n == 0 || slice_is(code, "server_error") ||
	    slice_is(code, "temporarily_unavailable"))
		return error_set(
		    error, EX_UNAVAILABLE, NO_RESPONSE " (%s)", text);
	return error_set(
	    error, EX_CONFIG, "the token endpoint refuses this app (%s)", text);
}

/* The endpoint is limited, or unavailable until its Retry-After. */
static void set_limited(
    struct error *error, const struct response *r, bool given_up)
{
	retry_set_deadline(error, r, given_up ? RETRY_AFTER_MIN : 0,
	    "the token endpoint: ", "");
	error_set_limit(error, "token", r->status, r->done_at);
}

static void redact(
    const struct grant *g, const struct token *t, char *text, size_t n)
{
	token_redact(t, text, n);
	secret_redact(g->secrets[0], text, n);
	secret_redact(g->secrets[1], text, n);
}

/* Describe a response without tokens. */
static void describe(struct response *r)
{
	struct slice body = buf_slice(&r->body);

	/* A 2xx may contain a token, so its body is not shown. */
	if (r->status < 300)
		snprintf(
		    r->why, sizeof(r->why), "HTTP %d, but no token", r->status);
	else
		problem_text(r->status, body, r->why, sizeof(r->why));
}

enum attempt { ATTEMPT_GRANTED, ATTEMPT_RETRY, ATTEMPT_FAILED };

/* Send the request once, and wait before a retry. */
static enum attempt send_request(const struct grant *g, struct token *t,
    struct retry *retry, struct response *r, struct error *error)
{
	enum transfer_result end = transfer_run(g->transfer, &g->request, r);
	bool complete = end == TRANSFER_DONE, may_wait;
	int64_t wait;

	if (complete && r->status == 200 &&
	    store_grant(t, buf_slice(&r->body), clock_now()))
		return ATTEMPT_GRANTED;
	/* An error may echo its request. */
	redact(g, t, r->body.p, r->body.n);
	redact(g, t, r->why, strlen(r->why));
	if (complete && r->status >= 400 && r->status < 500 &&
	    r->status != 429 && r->status != 408) {
		set_denied(r, g->ended, error);
		return ATTEMPT_FAILED;
	}
	if (complete)
		describe(r);
	wait = r->retry_after > 0 ? r->retry_after : 0;
	may_wait = wait <= g->policy->max_wait;
	if (end != TRANSFER_PERMANENT && may_wait &&
	    retry_wait(retry, wait, r->why))
		return ATTEMPT_RETRY;
	if (complete && (r->status == 429 || (r->status >= 400 && wait > 0)))
		set_limited(error, r, may_wait);
	else
		error_set(error, EX_UNAVAILABLE, NO_RESPONSE " (%s)", r->why);
	return ATTEMPT_FAILED;
}

bool grant_request(const struct grant *g, struct token *t, struct error *error)
{
	struct response r = {.body = BUF_INIT(RESPONSE_MAX)};
	struct retry retry = {.policy = g->policy, .url = g->request.url};
	enum attempt attempt;

	do
		attempt = send_request(g, t, &retry, &r, error);
	while (attempt == ATTEMPT_RETRY);
	secret_release(&r.body);
	return attempt == ATTEMPT_GRANTED;
}
