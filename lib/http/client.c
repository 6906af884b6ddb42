#include "http/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "http/problem.h"
#include "http/refresh.h"
#include "http/request.h"
#include "json/json.h"

/* Waits of one bucket that end within so many ms of each other are the same. */
#define SAME_WAIT 1000

void answer_init(struct answer *a, size_t max_body)
{
	*a = (struct answer){
	    .reply.body = BUF_INIT(max_body), .error = ERROR_UNSET};
}

void answer_release(struct answer *a)
{
	buf_release(&a->reply.body);
}

/*
 * Whether the access token is about to expire. Right after a refresh it is not
 * looked at: a token that never lasts is left to 401.
 */
static bool is_ending(const struct client *c)
{
	const struct token *t = c->token;

	if (!t->access_token)
		return true;
	if (c->renewed_at && clock_monotonic() - c->renewed_at < TOKEN_MARGIN)
		return false;
	return t->expires_at && t->expires_at - clock_now() < TOKEN_MARGIN;
}

/* Whether the body is valid for a 2xx response. */
static bool is_sound(const struct reply *r, struct json *j)
{
	bool good = json_check_lenient(j, buf_slice(&r->body));

	return r->status == 204 || r->status == 205 ? r->body.n == 0 : good;
}

/* Set the kind of an answer, and its error. */
static void classify(struct answer *a)
{
	struct reply *r = &a->reply;
	char text[256];
	struct json j;

	problem_text(r->status, buf_slice(&r->body), text, sizeof(text));
	a->account = false;
	if (r->status >= 200 && r->status < 300 && is_sound(r, &j)) {
		a->kind = ANSWER_GOOD;
	} else if (r->status >= 200 && r->status < 300) {
		a->kind = ANSWER_BROKEN;
		error_set(&a->error, EX_UNAVAILABLE,
		    "HTTP %d, but the body is not JSON: %s at byte %zu",
		    r->status, j.error ? j.error : "there is one", j.at + 1);
	} else if (r->status == 304) {
		a->kind = ANSWER_REDIRECT;
		error_set(&a->error, EX_UNAVAILABLE,
		    "HTTP 304, but no request is conditional");
	} else if (r->status >= 300 && r->status < 400) {
		a->kind = ANSWER_REDIRECT;
		error_set(&a->error, EX_UNAVAILABLE,
		    "HTTP %d, a redirect that is not followed", r->status);
	} else if (r->status == 429) {
		a->kind = ANSWER_LIMITED;
		error_set(&a->error, EX_TEMPFAIL, "rate limited (%s)", text);
		a->account = slice_is(
		    problem_reason(buf_slice(&r->body)), "QUOTA_EXCEEDED");
	} else if (r->status >= 400 && r->status < 500 && r->status != 408) {
		a->kind = ANSWER_DENIED;
		error_set(&a->error,
		    r->status == 403 ? EX_NOPERM : EX_UNAVAILABLE, "%s", text);
	} else {
		a->kind = ANSWER_BROKEN;
		error_set(&a->error, EX_UNAVAILABLE, "%s", text);
	}
}

/* It is not waited for any more: set until when it lasts. */
static void set_deadline(struct answer *a, bool given_up)
{
	a->kind = ANSWER_LIMITED;
	retry_later(&a->error, &a->reply, given_up ? RETRY_LEAST : 0, "",
	    a->account ? ": the quota of the whole developer account" : "");
}

/* Set the answer from the result of a transfer. */
static void read_answer(struct get *g, enum transfer_result result)
{
	struct answer *a = g->answer;
	struct reply *r = &a->reply;

	if (result != TRANSFER_DONE) {
		a->kind = ANSWER_NONE;
		token_scrub(g->client->token, r->why, strlen(r->why));
		error_set(&a->error, EX_UNAVAILABLE, "no answer: %s", r->why);
		return;
	}
	/* Even if the server echoes the token, no capture may have it. */
	if (r->body.n)
		token_scrub(g->client->token, r->body.p, r->body.n);
	classify(a);
}

/* Whether an error says when to come back. With 2xx it has no meaning here. */
static bool says_when(const struct answer *a)
{
	return a->reply.status >= 400 && a->reply.retry_after > 0;
}

/* Whether to try again, after a wait of that many ms. */
static bool is_transient(const struct answer *a, enum transfer_result result,
    int64_t max_wait, int64_t *wait)
{
	*wait = 0;
	if (a->kind == ANSWER_NONE)
		return result == TRANSFER_FAULT;
	if (a->kind != ANSWER_BROKEN && a->kind != ANSWER_LIMITED)
		return false;
	if (says_when(a))
		*wait = a->reply.retry_after;
	return *wait <= max_wait;
}

/* A refused token is refreshed, once per request. */
static void take_refusal(struct get *g)
{
	struct answer *a = g->answer;

	a->kind = ANSWER_NO_LOGIN;
	error_set(&a->error, EX_NOPERM,
	    "log in first: the API refuses a new token (HTTP 401)");
	g->state = g->renewed || !g->client->token_url ? GET_DONE : GET_LOGIN;
}

/* Send nothing of a bucket until then, or with `account` of any bucket. */
static void block_bucket(
    struct client *c, size_t bucket, bool account, int64_t until)
{
	for (size_t i = 0; i < BUCKETS; i++)
		if (account || i == bucket)
			c->blocked_until[i] = until;
}

/*
 * Wait for so long, or for the backoff, and try again; false once the retries
 * are used up. A rate limit blocks its bucket, or all of them. A request that
 * meets a limit that is already waited for waits with it, without a message.
 */
static bool wait_out(struct get *g, int64_t wait)
{
	struct client *c = g->client;
	struct answer *a = g->answer;
	int64_t ms, now = clock_monotonic(),
		    until = c->blocked_until[g->bucket];
	bool limit = a->kind == ANSWER_LIMITED;
	bool known = limit && until > now && now + wait < until + SAME_WAIT;

	if (!retry_next(&g->retry, wait, known ? NULL : a->error.why, &ms))
		return false;
	g->state = GET_WAITING;
	g->limited = limit && !a->account;
	g->wake_at = known ? until : now + ms;
	if (limit && !known)
		block_bucket(c, g->bucket, a->account, g->wake_at);
	return true;
}

/* Handle the end of its transfer. */
static void take(struct get *g, enum transfer_result result)
{
	const int64_t max_wait = g->client->policy.max_wait;
	struct answer *a = g->answer;
	int64_t wait;

	read_answer(g, result);
	if (a->kind == ANSWER_DENIED && a->reply.status == 401) {
		take_refusal(g);
		return;
	}
	if (is_transient(a, result, max_wait, &wait) && wait_out(g, wait))
		return;
	g->state = GET_DONE;
	if (a->kind == ANSWER_LIMITED ||
	    (a->kind == ANSWER_BROKEN && says_when(a)))
		set_deadline(a, wait <= max_wait);
}

void get_begin(struct get *g, struct client *c, const char *url, size_t bucket,
    struct answer *a, void *owner)
{
	*g = (struct get){.client = c,
	    .answer = a,
	    .url = url,
	    .bucket = bucket,
	    .owner = owner,
	    .retry = {.policy = &c->policy, .url = url}};
}

void get_ask(struct get *g)
{
	struct client *c = g->client;
	struct http_request req = {.url = g->url};

	if (c->token_url && !g->renewed && is_ending(c)) {
		g->state = GET_LOGIN;
		return;
	}
	req.bearer = c->token->access_token;
	g->renewals = c->renewals;
	g->state = GET_ASKED;
	if (!transfer_start(c->transfer, &req, &g->answer->reply, g))
		take(g, TRANSFER_FAILED);
}

void get_log_in(struct get *g)
{
	struct client *c = g->client;
	struct answer *a = g->answer;

	g->renewed = true;
	g->state = GET_READY;
	/* It has been refreshed for another one meanwhile. */
	if (g->renewals != c->renewals && !is_ending(c))
		return;
	if (refresh_login(
		c->token, c->transfer, c->token_url, &c->policy, &a->error)) {
		c->renewed_at = clock_monotonic();
		c->renewals++;
		return;
	}
	a->kind = ANSWER_NO_LOGIN;
	g->state = GET_DONE;
}

struct get *client_next(struct client *c)
{
	enum transfer_result result;
	void *g;

	if (!transfer_next(c->transfer, &g, &result))
		return NULL;
	take(g, result);
	return g;
}

void client_get(struct client *c, const char *url, struct answer *a)
{
	struct get g;
	int64_t wait = 0;
	size_t bucket =
	    bucket_of(slice_of(endpoint_of(url_path(slice_of(url)))));

	get_begin(&g, c, url, bucket, a, NULL);
	while (g.state != GET_DONE) {
		if (g.state == GET_WAITING)
			wait = g.wake_at - clock_monotonic();
		if (g.state == GET_LOGIN)
			get_log_in(&g);
		else if (g.state == GET_READY ||
			 (g.state == GET_WAITING && wait <= 0))
			get_ask(&g);
		else
			transfer_wait(c->transfer, -1,
			    g.state == GET_WAITING ? wait : -1);
		client_next(c);
	}
}
