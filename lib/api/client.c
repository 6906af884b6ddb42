#include "api/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "api/request.h"
#include "auth/refresh.h"
#include "base/clock.h"
#include "spotify/problem.h"
#include "json/json.h"

/* Waits of one bucket that end within so many ms of each other are the same. */
#define SAME_WAIT 1000

void result_init(struct result *a, size_t max_body)
{
	*a = (struct result){
	    .response.body = BUF_INIT(max_body), .error = ERROR_UNSET};
}

void result_release(struct result *a)
{
	buf_release(&a->response.body);
}

/*
 * Whether the access token is about to expire. Right after a refresh it is not
 * looked at: a token that never lasts is left to 401.
 */
static bool is_expiring(const struct client *c)
{
	const struct token *t = c->token;

	if (!t->access_token)
		return true;
	if (c->refreshed_at &&
	    clock_monotonic() - c->refreshed_at < TOKEN_MARGIN)
		return false;
	return t->expires_at && t->expires_at - clock_now() < TOKEN_MARGIN;
}

/* Whether the body is valid for a 2xx response. */
static bool is_body_valid(const struct response *r, struct json *j)
{
	bool good = json_check_lenient(j, buf_slice(&r->body));

	return r->status == 204 || r->status == 205 ? r->body.n == 0 : good;
}

/* Set the kind of a result, and its error. */
static void classify(struct result *a)
{
	struct response *r = &a->response;
	char text[256];
	struct json j;

	problem_text(r->status, buf_slice(&r->body), text, sizeof(text));
	a->account = false;
	if (r->status >= 200 && r->status < 300 && is_body_valid(r, &j)) {
		a->kind = RESULT_OK;
	} else if (r->status >= 200 && r->status < 300) {
		a->kind = RESULT_BROKEN;
		error_set(&a->error, EX_UNAVAILABLE,
		    "HTTP %d, but the body is not JSON: %s at byte %zu",
		    r->status, j.error ? j.error : "there is one", j.at + 1);
	} else if (r->status == 304) {
		a->kind = RESULT_REDIRECT;
		error_set(&a->error, EX_UNAVAILABLE,
		    "HTTP 304, but no request is conditional");
	} else if (r->status >= 300 && r->status < 400) {
		a->kind = RESULT_REDIRECT;
		error_set(&a->error, EX_UNAVAILABLE,
		    "HTTP %d, a redirect that is not followed", r->status);
	} else if (r->status == 429) {
		a->kind = RESULT_LIMITED;
		error_set(&a->error, EX_TEMPFAIL, "rate limited (%s)", text);
		a->account = slice_is(
		    problem_reason(buf_slice(&r->body)), "QUOTA_EXCEEDED");
	} else if (r->status >= 400 && r->status < 500 && r->status != 408) {
		a->kind = RESULT_DENIED;
		error_set(&a->error,
		    r->status == 403 ? EX_NOPERM : EX_UNAVAILABLE, "%s", text);
	} else {
		a->kind = RESULT_BROKEN;
		error_set(&a->error, EX_UNAVAILABLE, "%s", text);
	}
}

/* The limit is not waited for: set its deadline. */
static void set_deadline(struct result *a, bool given_up)
{
	a->kind = RESULT_LIMITED;
	retry_set_deadline(&a->error, &a->response,
	    given_up ? RETRY_AFTER_MIN : 0, "",
	    a->account ? ": the quota of the whole developer account" : "");
}

/* Set the result from a transfer. */
static void read_result(struct api_request *g, enum transfer_result result)
{
	struct result *a = g->result;
	struct response *r = &a->response;

	if (result != TRANSFER_DONE) {
		a->kind = RESULT_NONE;
		token_redact(g->client->token, r->why, strlen(r->why));
		error_set(&a->error, EX_UNAVAILABLE, "no answer: %s", r->why);
		return;
	}
	/* Even if the server echoes the token, no capture may have it. */
	if (r->body.n)
		token_redact(g->client->token, r->body.p, r->body.n);
	classify(a);
}

/* Whether an error response has a Retry-After. With 2xx it has no meaning. */
static bool has_deadline(const struct result *a)
{
	return a->response.status >= 400 && a->response.retry_after > 0;
}

/* Whether to try again, after a wait of that many ms. */
static bool is_transient(const struct result *a, enum transfer_result result,
    int64_t max_wait, int64_t *wait)
{
	*wait = 0;
	if (a->kind == RESULT_NONE)
		return result == TRANSFER_TRANSIENT;
	if (a->kind != RESULT_BROKEN && a->kind != RESULT_LIMITED)
		return false;
	if (has_deadline(a))
		*wait = a->response.retry_after;
	return *wait <= max_wait;
}

/* A refused token is refreshed, once per request. */
static void handle_unauthorized(struct api_request *g)
{
	struct result *a = g->result;

	a->kind = RESULT_NO_LOGIN;
	error_set(&a->error, EX_NOPERM,
	    "log in first: the API refuses a new token (HTTP 401)");
	g->state = g->refreshed || !g->client->token_url
		       ? API_REQUEST_DONE
		       : API_REQUEST_NEEDS_TOKEN;
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
 * meets a limit that another one waits for waits for the same deadline, without
 * a message.
 */
static bool schedule_retry(struct api_request *g, int64_t wait)
{
	struct client *c = g->client;
	struct result *a = g->result;
	int64_t ms, now = clock_monotonic(),
		    until = c->blocked_until[g->bucket];
	bool limit = a->kind == RESULT_LIMITED;
	bool known = limit && until > now && now + wait < until + SAME_WAIT;

	if (!retry_next(&g->retry, wait, known ? NULL : a->error.why, &ms))
		return false;
	g->state = API_REQUEST_WAITING;
	g->limited = limit && !a->account;
	g->wake_at = known ? until : now + ms;
	if (limit && !known)
		block_bucket(c, g->bucket, a->account, g->wake_at);
	return true;
}

/* Handle the end of its transfer. */
static void handle_transfer(struct api_request *g, enum transfer_result result)
{
	const int64_t max_wait = g->client->policy.max_wait;
	struct result *a = g->result;
	int64_t wait;

	read_result(g, result);
	if (a->kind == RESULT_DENIED && a->response.status == 401) {
		handle_unauthorized(g);
		return;
	}
	if (is_transient(a, result, max_wait, &wait) && schedule_retry(g, wait))
		return;
	g->state = API_REQUEST_DONE;
	if (a->kind == RESULT_LIMITED ||
	    (a->kind == RESULT_BROKEN && has_deadline(a)))
		set_deadline(a, wait <= max_wait);
}

void api_request_begin(struct api_request *g, struct client *c, const char *url,
    size_t bucket, struct result *a, void *owner)
{
	*g = (struct api_request){.client = c,
	    .result = a,
	    .url = url,
	    .bucket = bucket,
	    .owner = owner,
	    .retry = {.policy = &c->policy, .url = url}};
}

void api_request_send(struct api_request *g)
{
	struct client *c = g->client;
	struct http_request req = {.url = g->url};

	if (c->token_url && !g->refreshed && is_expiring(c)) {
		g->state = API_REQUEST_NEEDS_TOKEN;
		return;
	}
	req.bearer = c->token->access_token;
	g->refreshes = c->refreshes;
	g->state = API_REQUEST_SENT;
	if (!transfer_start(c->transfer, &req, &g->result->response, g))
		handle_transfer(g, TRANSFER_PERMANENT);
}

void api_request_refresh(struct api_request *g)
{
	struct client *c = g->client;
	struct result *a = g->result;

	g->refreshed = true;
	g->state = API_REQUEST_READY;
	/* It has been refreshed for another one meanwhile. */
	if (g->refreshes != c->refreshes && !is_expiring(c))
		return;
	if (token_refresh(
		c->token, c->transfer, c->token_url, &c->policy, &a->error)) {
		c->refreshed_at = clock_monotonic();
		c->refreshes++;
		return;
	}
	a->kind = RESULT_NO_LOGIN;
	g->state = API_REQUEST_DONE;
}

struct api_request *client_next(struct client *c)
{
	enum transfer_result result;
	void *g;

	if (!transfer_next(c->transfer, &g, &result))
		return NULL;
	handle_transfer(g, result);
	return g;
}

void client_get(struct client *c, const char *url, struct result *a)
{
	struct api_request g;
	int64_t wait = 0;
	size_t bucket =
	    bucket_of(slice_of(endpoint_of(url_path(slice_of(url)))));

	api_request_begin(&g, c, url, bucket, a, NULL);
	while (g.state != API_REQUEST_DONE) {
		if (g.state == API_REQUEST_WAITING)
			wait = g.wake_at - clock_monotonic();
		if (g.state == API_REQUEST_NEEDS_TOKEN)
			api_request_refresh(&g);
		else if (g.state == API_REQUEST_READY ||
			 (g.state == API_REQUEST_WAITING && wait <= 0))
			api_request_send(&g);
		else
			transfer_wait(c->transfer, -1,
			    g.state == API_REQUEST_WAITING ? wait : -1);
		client_next(c);
	}
}
