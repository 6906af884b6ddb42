#include "http/refresh.h"

#include <stdio.h>
#include <stdlib.h>
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

/* Append `name=value` of a form, encoded. */
static void put_field(struct buf *b, const char *name, const char *value)
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
static bool denied(struct reply *r, struct trouble *trouble)
{
	struct slice code = problem_code(buf_slice(&r->body));
	char text[256];

	problem_text(r->status, buf_slice(&r->body), text, sizeof(text));
	if (slice_is(code, "invalid_grant"))
		return trouble_set(trouble, EX_NOPERM,
		    "log in first: the login has ended (%s)", text);
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

/* Ask until there is an answer that will not change. */
static bool ask(struct token *t, struct transfer *transfer,
    const struct question *q, struct retry *retry, struct trouble *trouble)
{
	struct reply r = {.body = BUF_INIT(REPLY_MAX)};
	int64_t wait;
	bool ok = false;

	for (;;) {
		enum transfer_result result = transfer_run(transfer, q, &r);
		bool answered = result == TRANSFER_DONE;

		ok = answered && r.status == 200 &&
		     take_grant(t, buf_slice(&r.body), r.done_at);
		if (ok)
			break;
		if (answered && r.status >= 400 && r.status < 500 &&
		    r.status != 429 && r.status != 408) {
			denied(&r, trouble);
			break;
		}
		if (answered)
			problem_text(
			    r.status, buf_slice(&r.body), r.why, sizeof(r.why));
		wait = r.retry_after > 0 ? r.retry_after : 0;
		if (result != TRANSFER_FAILED &&
		    wait <= retry->policy->max_wait &&
		    retry_wait(retry, wait, r.why))
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

static bool renew(struct token *t, struct transfer *transfer, const char *url,
    const struct retry_policy *policy, struct trouble *trouble)
{
	struct buf form = BUF_INIT(4 * TOKEN_FILE_MAX);
	struct question q = {.url = url, .password = t->client_secret};
	struct retry retry = {.policy = policy, .url = url};
	bool ok;

	if (!t->refresh_token)
		return trouble_set(trouble, EX_NOPERM,
		    "log in first: '%s' has no refresh_token", t->path);
	if (!t->client_id)
		return trouble_set(
		    trouble, EX_CONFIG, "%s: no client_id", t->path);
	if (!token_prepare(t, trouble))
		return false;
	put_field(&form, "grant_type", "refresh_token");
	put_field(&form, "refresh_token", t->refresh_token);
	put_field(&form, "client_id", t->client_id);
	q.form = buf_cstr(&form);
	if (t->client_secret)
		q.user = t->client_id;
	ok = q.form ? ask(t, transfer, &q, &retry, trouble)
		    : trouble_set(trouble, EX_OSERR, "no memory");
	if (form.p)
		token_wipe(form.p, form.n);
	buf_release(&form);
	return ok && token_save(t, trouble);
}

/* Whether another process has been here: a token that is new, and lasts. */
static bool is_done(const struct token *t, const char *stale)
{
	if (!stale || !t->access_token || strcmp(stale, t->access_token) == 0)
		return false;
	return t->expires_at == 0 || t->expires_at - clock_now() > TOKEN_MARGIN;
}

bool refresh_login(struct token *t, struct transfer *transfer, const char *url,
    const struct retry_policy *policy, struct trouble *trouble)
{
	char *stale = t->access_token ? strdup(t->access_token) : NULL;
	bool ok =
	    token_lock(t, trouble) &&
	    (is_done(t, stale) || renew(t, transfer, url, policy, trouble));

	token_unlock(t);
	if (stale)
		token_wipe(stale, strlen(stale));
	free(stale);
	if (!ok)
		token_scrub(t, trouble->why, strlen(trouble->why));
	return ok;
}
