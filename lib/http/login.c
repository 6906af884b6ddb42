#include "http/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "http/callback.h"
#include "http/client.h"
#include "http/grant.h"
#include "http/problem.h"
#include "http/session.h"

#define ME_MAX ((size_t)1 << 20)

bool login_begin(struct login *l, struct trouble *trouble)
{
	struct origin to;

	token_init(&l->token, "");
	snprintf(l->redirect, sizeof(l->redirect),
	    "http://127.0.0.1:%d" CALLBACK_PATH, l->port);
	if (!pkce_make(&l->pkce))
		return trouble_set(
		    trouble, EX_OSERR, "the system has no random bytes");
	return session_check("login service", l->auth_url, &to, trouble) &&
	       session_check("token endpoint", l->token_url, &to, trouble) &&
	       session_check_api(l->api_url, &l->api, trouble);
}

void login_release(struct login *l)
{
	token_release(&l->token);
	token_wipe(&l->pkce, sizeof(l->pkce));
}

bool login_put_url(const struct login *l, struct buf *b)
{
	struct buf query = BUF_INIT(URL_MAX);

	form_put(&query, "response_type", "code");
	form_put(&query, "client_id", l->client_id);
	form_put(&query, "scope", l->scope);
	form_put(&query, "redirect_uri", l->redirect);
	form_put(&query, "state", l->pkce.state);
	form_put(&query, "code_challenge_method", "S256");
	form_put(&query, "code_challenge", l->pkce.challenge);
	buf_printf(
	    b, "%s%c", l->auth_url, strchr(l->auth_url, '?') ? '&' : '?');
	buf_put_slice(b, buf_slice(&query));
	b->failed |= query.failed;
	b->no_memory |= query.no_memory;
	buf_release(&query);
	return !b->failed;
}

/* The code and the verifier for tokens. */
static bool exchange(struct login *l, const char *code, struct trouble *trouble)
{
	struct buf form = BUF_INIT(URL_MAX);
	struct grant g = {.question = {.url = l->token_url},
	    .policy = l->policy,
	    .ended = "the login is refused: log in again",
	    .secrets = {code, l->pkce.verifier}};
	bool ok;

	form_put(&form, "grant_type", "authorization_code");
	form_put(&form, "code", code);
	form_put(&form, "redirect_uri", l->redirect);
	form_put(&form, "client_id", l->client_id);
	form_put(&form, "code_verifier", l->pkce.verifier);
	g.question.form = buf_cstr(&form);
	/* What is granted is what was asked for, unless the answer says. */
	ok = g.question.form &&
	     token_set(&l->token.client_id, slice_of(l->client_id)) &&
	     token_set(&l->token.scope, slice_of(l->scope));
	if (!ok)
		trouble_set(trouble, EX_OSERR, "no memory");
	ok = ok && grant_ask(&g, &l->token, l->transfer, trouble);
	if (form.p)
		token_wipe(form.p, form.n);
	buf_release(&form);
	/* What cannot be renewed ends when the token does. */
	if (l->token.refresh_token)
		l->token.authorized_at = clock_now();
	return ok;
}

/* Say what a 403 to a login that has just been made comes from. */
static bool not_allowed(const struct answer *a, struct trouble *trouble)
{
	const char *why = a->trouble.why, *hint;

	hint = problem_mentions(why, "premium")
		   ? "the owner of the app needs Spotify Premium"
	       : problem_mentions(why, "scope")
		   ? "log in with more scopes"
		   : "is the user on the app's list? Its owner adds them in the"
		     " developer dashboard, under User Management";
	return trouble_set(trouble, EX_NOPERM,
	    "the API refuses this user (%.200s): %s", why, hint);
}

static bool know_user(struct login *l, struct trouble *trouble)
{
	struct client client = {
	    .transfer = l->transfer, .token = &l->token, .policy = *l->policy};
	struct buf url = BUF_INIT(URL_MAX);
	struct answer a;
	bool ok = false;

	if (!session_put_me(&l->api, &url, trouble))
		return false;
	answer_init(&a, ME_MAX);
	client_get(&client, url.p, &a);
	if (a.kind == ANSWER_GOOD) {
		l->token.user_id =
		    session_read_id(buf_slice(&a.reply.body), trouble);
		ok = l->token.user_id;
	} else if (a.kind == ANSWER_DENIED && a.reply.status == 403) {
		not_allowed(&a, trouble);
	} else {
		trouble_set(
		    trouble, a.trouble.exit, "/v1/me: %.480s", a.trouble.why);
		trouble->until = a.trouble.until;
	}
	answer_release(&a);
	buf_release(&url);
	return ok;
}

bool login_redeem(struct login *l, const char *code, struct trouble *trouble)
{
	size_t n;

	if (!code)
		return trouble_set(trouble, EX_OSERR, "no memory");
	if (exchange(l, code, trouble) && know_user(l, trouble))
		return true;
	n = strlen(trouble->why);
	token_scrub(&l->token, trouble->why, n);
	secret_scrub(code, trouble->why, n);
	secret_scrub(l->pkce.verifier, trouble->why, n);
	return false;
}

/* Note a service where it is not the usual one. */
static bool keep_url(char **member, const char *url, const char *usual)
{
	return strcmp(url, usual) == 0 || token_set(member, slice_of(url));
}

/* The file is locked, and read. */
static bool replace(
    struct login *l, struct token *old, bool force, struct trouble *trouble)
{
	const char *user = l->token.user_id;

	if (old->user_id && strcmp(old->user_id, user) != 0 && !force)
		return trouble_set(trouble, EX_CONFIG,
		    "this is user '%s', but '%s' is of user '%s': "
		    "name another --account, or --force it",
		    user, old->path, old->user_id);
	if (!keep_url(&l->token.token_url, l->token_url, SESSION_TOKEN_URL) ||
	    !keep_url(&l->token.api_url, l->api_url, SESSION_API))
		return trouble_set(trouble, EX_OSERR, "no memory");
	token_swap(old, &l->token);
	if (token_save(old, trouble)) {
		token_swap(old, &l->token);
		return true;
	}
	return false;
}

bool login_keep(
    struct login *l, const char *path, bool force, struct trouble *trouble)
{
	struct token old;
	bool ok;

	token_init(&old, path);
	ok = token_lock_new(&old, force, trouble) &&
	     replace(l, &old, force, trouble);
	token_release(&old);
	return ok;
}

bool login_has_scope(const struct login *l, struct slice scope)
{
	const char *p = l->token.scope ? l->token.scope : "";

	while (*p) {
		size_t n = strcspn(p, " ");

		if (slice_eq((struct slice){p, n}, scope))
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}
