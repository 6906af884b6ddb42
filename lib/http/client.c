#include "http/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "http/problem.h"
#include "http/refresh.h"
#include "json/json.h"

void answer_init(struct answer *a, size_t max_body)
{
	*a = (struct answer){.reply.body = BUF_INIT(max_body)};
}

void answer_release(struct answer *a)
{
	buf_release(&a->reply.body);
}

static bool renew(struct client *c, struct answer *a)
{
	if (!refresh_login(
		c->token, c->transfer, c->token_url, &c->policy, &a->trouble))
		return false;
	c->renewed_at = clock_monotonic();
	return true;
}

/* Whether the login is about to end. One that never lasts is left to 401. */
static bool is_ending(const struct client *c)
{
	const struct token *t = c->token;

	if (!t->access_token)
		return true;
	if (c->renewed_at && clock_monotonic() - c->renewed_at < TOKEN_MARGIN)
		return false;
	return t->expires_at && t->expires_at - clock_now() < TOKEN_MARGIN;
}

/* Whether the body is what a good answer brings. */
static bool is_sound(const struct reply *r)
{
	struct json j;

	if (r->status == 204 || r->status == 205)
		return r->body.n == 0;
	return json_check(&j, buf_slice(&r->body));
}

/* Say what an answer is, and put its trouble in words. */
static void classify(struct answer *a)
{
	struct reply *r = &a->reply;
	char text[256];

	problem_text(r->status, buf_slice(&r->body), text, sizeof(text));
	a->account = false;
	if (r->status >= 200 && r->status < 300 && is_sound(r)) {
		a->kind = ANSWER_GOOD;
	} else if (r->status >= 200 && r->status < 300) {
		a->kind = ANSWER_BROKEN;
		trouble_set(&a->trouble, EX_UNAVAILABLE, "HTTP %d, and no JSON",
		    r->status);
	} else if (r->status >= 300 && r->status < 400) {
		a->kind = ANSWER_REDIRECT;
		trouble_set(&a->trouble, EX_UNAVAILABLE,
		    "HTTP %d, a redirect that is not followed", r->status);
	} else if (r->status == 429) {
		a->kind = ANSWER_LIMITED;
		trouble_set(
		    &a->trouble, EX_TEMPFAIL, "rate limited (%s)", text);
		a->account = slice_is(
		    problem_reason(buf_slice(&r->body)), "QUOTA_EXCEEDED");
	} else if (r->status >= 400 && r->status < 500 && r->status != 408) {
		a->kind = ANSWER_DENIED;
		trouble_set(&a->trouble,
		    r->status == 403 ? EX_NOPERM : EX_UNAVAILABLE, "%s", text);
	} else {
		a->kind = ANSWER_BROKEN;
		trouble_set(&a->trouble, EX_UNAVAILABLE, "%s", text);
	}
}

/* A wait that is too long: say until when it lasts. */
static void set_deadline(struct answer *a)
{
	const struct reply *r = &a->reply;
	char until[CLOCK_TEXT];

	a->kind = ANSWER_LIMITED;
	if (r->retry_after < 0 ||
	    !clock_format(r->done_at + r->retry_after, until))
		return;
	trouble_set(&a->trouble, EX_TEMPFAIL,
	    "%s until %s (retry after %lld s)%s",
	    r->status == 429 ? "rate limited" : "out of service", until,
	    (long long)((r->retry_after + 999) / 1000),
	    a->account ? ": the quota of the whole developer account" : "");
	a->trouble.until = r->done_at + r->retry_after;
}

/* Ask once; a->kind says what came. */
static void ask(struct client *c, const char *url, struct answer *a,
    enum transfer_result *result)
{
	struct question q = {.url = url, .bearer = c->token->access_token};
	struct reply *r = &a->reply;

	*result = transfer_run(c->transfer, &q, r);
	if (*result != TRANSFER_DONE) {
		a->kind = ANSWER_NONE;
		trouble_set(
		    &a->trouble, EX_UNAVAILABLE, "no answer: %s", r->why);
		return;
	}
	/* A server that echoes the token must not put it into a capture. */
	if (r->body.n)
		token_scrub(c->token, r->body.p, r->body.n);
	classify(a);
}

/* Whether an answer is one to try again for, after a wait of that many ms. */
static bool is_passing(const struct answer *a, enum transfer_result result,
    int64_t max_wait, int64_t *wait)
{
	*wait = 0;
	if (a->kind == ANSWER_NONE)
		return result == TRANSFER_FAULT;
	if (a->kind != ANSWER_BROKEN && a->kind != ANSWER_LIMITED)
		return false;
	if (a->reply.retry_after > 0)
		*wait = a->reply.retry_after;
	return *wait <= max_wait;
}

void client_get(struct client *c, const char *url, struct answer *a)
{
	struct retry retry = {.policy = &c->policy, .url = url};
	enum transfer_result result;
	bool renewed = is_ending(c);
	int64_t wait = 0;

	if (renewed && !renew(c, a)) {
		a->kind = ANSWER_NO_LOGIN;
		return;
	}
	for (;;) {
		ask(c, url, a, &result);
		if (a->kind == ANSWER_DENIED && a->reply.status == 401) {
			a->kind = ANSWER_NO_LOGIN;
			trouble_set(&a->trouble, EX_NOPERM,
			    "log in first: "
			    "the API refuses a new token (HTTP 401)");
			if (renewed || !renew(c, a))
				return;
			renewed = true;
			continue;
		}
		if (!is_passing(a, result, c->policy.max_wait, &wait) ||
		    !retry_wait(&retry, wait, a->trouble.why))
			break;
	}
	if (a->kind == ANSWER_LIMITED || wait > c->policy.max_wait)
		set_deadline(a);
}
