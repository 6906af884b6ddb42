#include "http/grant.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "http/problem.h"
#include "http/retry.h"
#include "http/token.h"
#include "http/transfer.h"
#include "json/json.h"

#define REPLY_MAX ((size_t)1 << 20)
#define LASTS_MAX ((int64_t)10 * 365 * 86400) /* seconds */

void form_put(struct buf *b, const char *name, const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	buf_printf(b, "%s%s=", b->n ? "&" : "", name);
	for (; *value; value++)
		if (strchr(plain, *value))
			buf_putc(b, *value);
		else
			buf_printf(b, "%%%02X", (unsigned char)*value);
}

/* Take what was granted; false if the body grants nothing. */
static bool take_grant(struct token *t, struct slice body, int64_t now)
{
	struct json j;
	enum json_type type;
	struct slice access = {NULL, 0}, refresh = {NULL, 0}, scope = refresh;
	int64_t lasts = 0;

	if (!json_check(&j, body))
		return false;
	json_init(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		bool text = type == JSON_STRING && !j.escaped && j.text.n > 0;

		if (text && slice_is(j.key, "access_token"))
			access = j.text;
		else if (text && slice_is(j.key, "refresh_token"))
			refresh = j.text;
		else if (text && slice_is(j.key, "scope"))
			scope = j.text;
		else if (type == JSON_NUMBER && slice_is(j.key, "expires_in") &&
			 (!json_int(j.text, &lasts) || lasts < 0 ||
			     lasts > LASTS_MAX))
			lasts = 0;
		json_skip(&j, type);
	}
	if (!access.p || !token_set(&t->access_token, access))
		return false;
	t->expires_at = lasts ? now + lasts * 1000 : 0;
	return (!refresh.p || token_set(&t->refresh_token, refresh)) &&
	       (!scope.p || token_set(&t->scope, scope));
}

/* What an answer that grants nothing means; none of these is asked again. */
static bool denied(struct reply *r, const char *ended, struct trouble *trouble)
{
	struct slice code = problem_code(buf_slice(&r->body));
	char text[256];

	problem_text(r->status, buf_slice(&r->body), text, sizeof(text));
	if (slice_is(code, "invalid_grant"))
		return trouble_set(trouble, EX_NOPERM, "%s (%s)", ended, text);
	return trouble_set(trouble, EX_CONFIG,
	    "the token endpoint refuses this app (%s)", text);
}

/* Too many logins are a limit like any other. */
static bool limited(const struct reply *r, struct trouble *trouble)
{
	char until[CLOCK_TEXT];

	trouble_set(trouble, EX_TEMPFAIL, "the token endpoint is rate limited");
	if (r->retry_after >= 0 &&
	    clock_format(r->done_at + r->retry_after, until)) {
		trouble_set(trouble, EX_TEMPFAIL,
		    "the token endpoint is rate limited until %s", until);
		trouble->until = r->done_at + r->retry_after;
	}
	return false;
}

/* An error that echoes what it was sent is to show no secret. */
static void scrub(const struct grant *g, const struct token *t, struct reply *r)
{
	token_scrub(t, r->body.p, r->body.n);
	for (int i = 0; i < 2; i++)
		secret_scrub(g->secrets[i], r->body.p, r->body.n);
}

bool grant_ask(const struct grant *g, struct token *t,
    struct transfer *transfer, struct trouble *trouble)
{
	struct reply r = {.body = BUF_INIT(REPLY_MAX)};
	struct retry retry = {.policy = g->policy, .url = g->question.url};
	int64_t wait;
	bool ok = false;

	for (;;) {
		enum transfer_result result =
		    transfer_run(transfer, &g->question, &r);
		bool answered = result == TRANSFER_DONE;

		ok = answered && r.status == 200 &&
		     take_grant(t, buf_slice(&r.body), r.done_at);
		if (ok)
			break;
		if (r.body.n)
			scrub(g, t, &r);
		if (answered && r.status >= 400 && r.status < 500 &&
		    r.status != 429 && r.status != 408) {
			denied(&r, g->ended, trouble);
			break;
		}
		if (answered)
			problem_text(
			    r.status, buf_slice(&r.body), r.why, sizeof(r.why));
		wait = r.retry_after > 0 ? r.retry_after : 0;
		if (result != TRANSFER_FAILED && wait <= g->policy->max_wait &&
		    retry_wait(&retry, wait, r.why))
			continue;
		if (answered && r.status == 429)
			limited(&r, trouble);
		else
			trouble_set(trouble, EX_UNAVAILABLE,
			    "the token endpoint does not answer (%s)", r.why);
		break;
	}
	if (r.body.p)
		token_wipe(r.body.p, r.body.n);
	buf_release(&r.body);
	return ok;
}
