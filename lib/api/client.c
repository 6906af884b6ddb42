#include "api/client.h"

#include <string.h>
#include <sysexits.h>

#include "auth/refresh.h"
#include "base/clock.h"
#include "http/origin.h"
#include "spotify/problem.h"
#include "json/json.h"

/* Waits of one bucket that end within so many ms of each other are the same. */
#define SAME_WAIT 1000

void result_init(struct result *result, size_t max_body)
{
	*result = (struct result){
	    .response.body = BUF_INIT(max_body), .error = ERROR_UNSET};
}

void result_release(struct result *result)
{
	buf_release(&result->response.body);
}

/*
 * Whether the access token expires soon. Right after a refresh that is not
 * considered: a token whose lifetime is too short is used until a 401.
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

/* What a response is, and its error unless it is usable. */
static enum result_kind classify(const struct response *r, struct error *e)
{
	const int status = r->status;
	char text[256];
	struct json j;

	if (status >= 200 && status < 300) {
		if (is_body_valid(r, &j))
			return RESULT_OK;
		error_set(e, EX_UNAVAILABLE,
		    "HTTP %d, but the body is not JSON: %s at byte %zu", status,
		    j.error ? j.error : "there is one", j.at + 1);
		return RESULT_BROKEN;
	}
	if (status >= 300 && status < 400) {
		error_set(e, EX_UNAVAILABLE, "HTTP %d, %s", status,
		    status == 304 ? "but no request is conditional"
				  : "a redirect that is not followed");
		return RESULT_REDIRECT;
	}
	problem_text(status, buf_slice(&r->body), text, sizeof(text));
	if (status == 429) {
		error_set(e, EX_TEMPFAIL, "rate limited (%s)", text);
		return RESULT_LIMITED;
	}
	error_set(e, status == 403 ? EX_NOPERM : EX_UNAVAILABLE, "%s", text);
	return status >= 400 && status < 500 && status != 408 ? RESULT_DENIED
							      : RESULT_BROKEN;
}

/*
 * A wait that is left to the caller: set its deadline. Where one that could be
 * waited for is over, or unknown, it is at least a window of the API away.
 */
static void set_deadline(struct result *result, bool given_up)
{
	result->kind = RESULT_LIMITED;
	retry_set_deadline(&result->error, &result->response,
	    given_up ? RETRY_AFTER_MIN : 0, "",
	    result->account ? ": the quota of the whole developer account"
			    : "");
}

/* Set the result from a transfer. */
static void read_result(struct api_request *r, enum transfer_result end)
{
	struct result *result = r->result;
	struct response *response = &result->response;

	if (end != TRANSFER_DONE) {
		result->kind = RESULT_NONE;
		token_redact(
		    r->client->token, response->why, strlen(response->why));
		error_set(&result->error, EX_UNAVAILABLE, "no answer: %s",
		    response->why);
		return;
	}
	/* Even if the server echoes the token, no capture may have it. */
	if (response->body.n)
		token_redact(
		    r->client->token, response->body.p, response->body.n);
	result->kind = classify(response, &result->error);
	result->account = result->kind == RESULT_LIMITED &&
			  slice_is(problem_reason(buf_slice(&response->body)),
			      "QUOTA_EXCEEDED");
}

/* Whether an error response has a Retry-After. With 2xx it has no meaning. */
static bool has_deadline(const struct result *result)
{
	return result->response.status >= 400 &&
	       result->response.retry_after > 0;
}

/* Whether to send it again, after *wait ms. */
static bool is_transient(const struct result *result, enum transfer_result end,
    int64_t max_wait, int64_t *wait)
{
	*wait = 0;
	if (result->kind == RESULT_NONE)
		return end == TRANSFER_TRANSIENT;
	if (result->kind != RESULT_BROKEN && result->kind != RESULT_LIMITED)
		return false;
	if (has_deadline(result))
		*wait = result->response.retry_after;
	return *wait <= max_wait;
}

/* A 401: the token is refreshed, once per request. */
static void handle_unauthorized(struct api_request *r)
{
	struct result *result = r->result;

	result->kind = RESULT_NO_LOGIN;
	error_set(&result->error, EX_NOPERM,
	    ERROR_NOT_LOGGED_IN ": the API refuses a new token (HTTP 401)");
	r->state = r->refreshed || !r->client->token_url
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
 * Send it again after a wait, or after the backoff if that is longer; false if
 * the retries are used up. A rate limit blocks its bucket, or all of them. If
 * another request waits for that limit already, both have the same deadline,
 * which is reported once.
 */
static bool schedule_retry(struct api_request *r, int64_t wait)
{
	struct client *c = r->client;
	struct result *result = r->result;
	int64_t ms, now = clock_monotonic(),
		    until = c->blocked_until[r->bucket];
	bool limit = result->kind == RESULT_LIMITED;
	bool known = limit && until > now && now + wait < until + SAME_WAIT;

	if (!retry_next(&r->retry, wait, known ? NULL : result->error.why, &ms))
		return false;
	r->state = API_REQUEST_WAITING;
	r->limited = limit && !result->account;
	r->wake_at = known ? until : now + ms;
	if (limit && !known)
		block_bucket(c, r->bucket, result->account, r->wake_at);
	return true;
}

/* Handle the end of its transfer. */
static void handle_transfer(struct api_request *r, enum transfer_result end)
{
	const int64_t max_wait = r->client->policy.max_wait;
	struct result *result = r->result;
	int64_t wait;
	bool gives_way;

	read_result(r, end);
	if (result->kind == RESULT_DENIED && result->response.status == 401) {
		handle_unauthorized(r);
		return;
	}
	gives_way = r->background && result->kind == RESULT_LIMITED;
	if (is_transient(result, end, max_wait, &wait) && !gives_way &&
	    schedule_retry(r, wait))
		return;
	r->state = API_REQUEST_DONE;
	if (result->kind == RESULT_LIMITED ||
	    (result->kind == RESULT_BROKEN && has_deadline(result)))
		set_deadline(result, gives_way ? wait == 0 : wait <= max_wait);
}

void api_request_begin(struct api_request *r, struct client *c, const char *url,
    size_t bucket, struct result *result, void *owner)
{
	*r = (struct api_request){.client = c,
	    .result = result,
	    .url = url,
	    .bucket = bucket,
	    .owner = owner,
	    .retry = {.policy = &c->policy, .url = url}};
}

void api_request_send(struct api_request *r)
{
	struct client *c = r->client;
	struct http_request get = {.url = r->url};

	if (c->token_url && !r->refreshed && is_expiring(c)) {
		r->state = API_REQUEST_NEEDS_TOKEN;
		return;
	}
	get.bearer = c->token->access_token;
	r->refreshes = c->refreshes;
	r->state = API_REQUEST_SENT;
	if (!transfer_start(c->transfer, &get, &r->result->response, r))
		handle_transfer(r, TRANSFER_PERMANENT);
}

void api_request_refresh(struct api_request *r)
{
	struct client *c = r->client;
	struct result *result = r->result;
	struct refresh refresh = {
	    .transfer = c->transfer, .policy = &c->policy, .url = c->token_url};

	r->refreshed = true;
	r->state = API_REQUEST_READY;
	/* It was refreshed for another request meanwhile. */
	if (r->refreshes != c->refreshes && !is_expiring(c))
		return;
	if (token_refresh(&refresh, c->token_file, c->token, &result->error)) {
		c->refreshed_at = clock_monotonic();
		c->refreshes++;
		return;
	}
	result->kind = RESULT_NO_LOGIN;
	r->state = API_REQUEST_DONE;
}

struct api_request *client_next(struct client *c)
{
	enum transfer_result end;
	void *r;

	if (!transfer_next(c->transfer, &r, &end))
		return NULL;
	handle_transfer(r, end);
	return r;
}

void client_get(struct client *c, const char *url, struct result *result)
{
	size_t bucket =
	    bucket_of(slice_of(endpoint_of(url_path(slice_of(url)))));
	struct api_request r;
	int64_t wait;

	api_request_begin(&r, c, url, bucket, result, NULL);
	while (r.state != API_REQUEST_DONE) {
		wait = r.state == API_REQUEST_WAITING
			   ? r.wake_at - clock_monotonic()
			   : 0;
		if (r.state == API_REQUEST_NEEDS_TOKEN)
			api_request_refresh(&r);
		else if (r.state != API_REQUEST_SENT && wait <= 0)
			api_request_send(&r);
		else
			transfer_wait(c->transfer, -1, wait > 0 ? wait : -1);
		client_next(c);
	}
}
