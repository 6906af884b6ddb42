#include "api/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "api/client.h"
#include "api/session.h"
#include "auth/callback.h"
#include "auth/grant.h"
#include "auth/secret.h"
#include "auth/token_file.h"
#include "base/url.h"
#include "http/skew.h"
#include "spotify/denial.h"

#define PROFILE_MAX ((size_t)1 << 20)

bool login_begin(struct login *l, struct error *error)
{
	struct origin to;

	snprintf(l->redirect, sizeof(l->redirect),
	    "http://127.0.0.1:%d" CALLBACK_PATH, l->port);
	if (!pkce_make(&l->pkce))
		return error_set(
		    error, EX_OSERR, "the system has no random bytes");
	return session_check_url("login service", l->auth_url, &to, error) &&
	       session_check_url("token endpoint", l->token_url, &to, error) &&
	       session_check_api(l->api_url, &l->api, error);
}

void login_release(struct login *l)
{
	token_release(&l->token);
	secret_wipe(&l->pkce, sizeof(l->pkce));
}

bool login_put_url(const struct login *l, struct buf *b)
{
	struct buf query = BUF_INIT(URL_MAX);

	param_put(&query, "response_type", "code");
	param_put(&query, "client_id", l->client_id);
	param_put(&query, "scope", l->scope);
	param_put(&query, "redirect_uri", l->redirect);
	param_put(&query, "state", l->pkce.state);
	param_put(&query, "code_challenge_method", "S256");
	param_put(&query, "code_challenge", l->pkce.challenge);
	buf_printf(
	    b, "%s%c", l->auth_url, strchr(l->auth_url, '?') ? '&' : '?');
	buf_put_slice(b, buf_slice(&query));
	b->failed |= query.failed;
	buf_release(&query);
	return !b->failed;
}

/* Exchange the code and the verifier for tokens. */
static bool exchange(struct login *l, const char *code, struct error *error)
{
	struct buf form = BUF_INIT(URL_MAX);
	struct grant g = {.request = {.url = l->token_url},
	    .transfer = l->transfer,
	    .policy = l->policy,
	    .ended = "the login is refused: " DENIAL_LOG_IN_AGAIN,
	    .secrets = {code, l->pkce.verifier}};
	bool ok;

	param_put(&form, "grant_type", "authorization_code");
	param_put(&form, "code", code);
	param_put(&form, "redirect_uri", l->redirect);
	param_put(&form, "client_id", l->client_id);
	param_put(&form, "code_verifier", l->pkce.verifier);
	g.request.form = buf_cstr(&form);
	/* The granted scope is the requested one, unless the response says. */
	secret_set(&l->token.client_id, slice_of(l->client_id));
	secret_set(&l->token.scope, slice_of(l->scope));
	ok = grant_request(&g, &l->token, error);
	secret_release(&form);
	/* Without a refresh token the login ends with the access token. */
	if (l->token.refresh_token)
		l->token.authorized_at = skew_now(transfer_skew(l->transfer));
	return ok;
}

/* Explain a 403 right after a login. */
static void explain_forbidden(const struct result *result, struct error *error)
{
	const char *why = result->error.why;

	error_set(error, EX_NOPERM, "the API refuses this user (%.200s): %s",
	    why, denial_hint(slice_of(why)));
}

static bool fetch_user(struct login *l, struct error *error)
{
	struct client client = {
	    .transfer = l->transfer, .token = &l->token, .policy = *l->policy};
	struct result result;

	result_init(&result, PROFILE_MAX);
	l->token.user_id =
	    session_request_user(&client, &l->api, &result, error);
	if (result.kind == RESULT_DENIED && result.response.status == 403)
		explain_forbidden(&result, error);
	result_release(&result);
	return l->token.user_id != NULL;
}

bool login_exchange(struct login *l, const char *code, struct error *error)
{
	size_t n;

	if (exchange(l, code, error) && fetch_user(l, error))
		return true;
	n = strlen(error->why);
	token_redact(&l->token, error->why, n);
	secret_redact(code, error->why, n);
	secret_redact(l->pkce.verifier, error->why, n);
	return false;
}

/* Set the URL of a service unless it is the default. */
static void set_url(char **member, const char *url, const char *usual)
{
	if (strcmp(url, usual) != 0)
		secret_set(member, slice_of(url));
}

/* Replace a token file that is locked, and had the token `old`. */
static bool replace_file(struct login *l, struct token_file *f,
    const struct token *old, bool force, struct error *error)
{
	const char *user = l->token.user_id;

	if (old->user_id && strcmp(old->user_id, user) != 0 && !force)
		return error_set(error, EX_CONFIG,
		    "this is user '%s', but '%s' is of user '%s': "
		    "name another --account, or --force it",
		    user, f->path, old->user_id);
	set_url(&l->token.token_url, l->token_url, SESSION_TOKEN_URL);
	set_url(&l->token.api_url, l->api_url, SESSION_API);
	return token_file_save(f, &l->token, error);
}

bool login_save(
    struct login *l, const char *path, bool force, struct error *error)
{
	struct token old = {.client_id = NULL};
	struct token_file file;
	bool ok;

	token_file_init(&file, path);
	ok = token_file_lock_new(&file, &old, force, error) &&
	     replace_file(l, &file, &old, force, error);
	token_file_release(&file);
	token_release(&old);
	return ok;
}
