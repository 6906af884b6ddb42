#include "auth/refresh.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "auth/grant.h"
#include "auth/secret.h"
#include "auth/token_file.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/url.h"
#include "http/retry.h"
#include "http/transfer.h"

/* Exchange the refresh token, and save what is granted. */
static bool request_tokens(const struct refresh *r, struct token_file *f,
    struct token *t, struct error *error)
{
	struct buf form = BUF_INIT(4 * TOKEN_FILE_MAX);
	struct grant g = {
	    .request = {.url = r->url, .password = t->client_secret},
	    .transfer = r->transfer,
	    .policy = r->policy,
	    .ended = ERROR_NOT_LOGGED_IN ": the login has ended"};
	bool ok;

	if (!t->refresh_token)
		return error_set(error, EX_NOPERM,
		    ERROR_NOT_LOGGED_IN ": '%s' has no refresh_token", f->path);
	if (!t->client_id)
		return error_set(error, EX_CONFIG, "%s: no client_id", f->path);
	if (!token_file_prepare(f, error))
		return false;
	param_put(&form, "grant_type", "refresh_token");
	param_put(&form, "refresh_token", t->refresh_token);
	param_put(&form, "client_id", t->client_id);
	g.request.form = buf_cstr(&form);
	if (t->client_secret)
		g.request.user = t->client_id;
	ok = grant_request(&g, t, error);
	secret_release(&form);
	return ok && token_file_save(f, t, error);
}

/* Whether another process has refreshed it, and it is not expiring again. */
static bool is_refreshed(const struct token *t, const char *stale)
{
	if (!stale || !t->access_token || strcmp(stale, t->access_token) == 0)
		return false;
	return t->expires_at == 0 || t->expires_at - clock_now() > TOKEN_MARGIN;
}

/*
 * Whether the file is still the login of this user, as far as it says: all
 * requests of a session are of one. The token has that user in any case.
 */
static bool is_same_user(const struct token_file *f, struct token *t,
    const char *user, struct error *error)
{
	bool same = !user || !t->user_id || strcmp(t->user_id, user) == 0;

	if (!same)
		error_set(error, EX_CONFIG,
		    "'%s' is now the login of user '%s', no longer of user '%s'",
		    f->path, t->user_id, user);
	if (user)
		secret_set(&t->user_id, slice_of(user));
	return same;
}

bool token_refresh(const struct refresh *r, struct token_file *f,
    struct token *t, struct error *error)
{
	char *stale = mem_string(t->access_token);
	char *user = mem_string(t->user_id);
	bool ok = token_file_lock(f, t, error);

	ok = is_same_user(f, t, user, error) && ok;
	ok = ok && (is_refreshed(t, stale) || request_tokens(r, f, t, error));
	token_file_unlock(f);
	secret_set(&stale, (struct slice){NULL, 0});
	free(user);
	if (!ok)
		token_redact(t, error->why, strlen(error->why));
	return ok;
}
