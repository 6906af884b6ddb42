#include "auth/refresh.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "auth/grant.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/url.h"
#include "http/retry.h"
#include "http/transfer.h"

static bool request_tokens(struct token *t, struct transfer *transfer,
    const char *url, const struct retry_policy *policy, struct error *error)
{
	struct buf form = BUF_INIT(4 * TOKEN_FILE_MAX);
	struct grant g = {.request = {.url = url, .password = t->client_secret},
	    .policy = policy,
	    .ended = "log in first: the login has ended"};
	bool ok;

	if (!t->refresh_token)
		return error_set(error, EX_NOPERM,
		    "log in first: '%s' has no refresh_token", t->path);
	if (!t->client_id)
		return error_set(error, EX_CONFIG, "%s: no client_id", t->path);
	if (!token_prepare(t, error))
		return false;
	param_put(&form, "grant_type", "refresh_token");
	param_put(&form, "refresh_token", t->refresh_token);
	param_put(&form, "client_id", t->client_id);
	g.request.form = buf_cstr(&form);
	if (t->client_secret)
		g.request.user = t->client_id;
	ok = grant_request(&g, t, transfer, error);
	if (form.p)
		token_wipe(form.p, form.n);
	buf_release(&form);
	return ok && token_save(t, error);
}

/* Whether another process has refreshed it: it is new, and lasts. */
static bool is_refreshed(const struct token *t, const char *stale)
{
	if (!stale || !t->access_token || strcmp(stale, t->access_token) == 0)
		return false;
	return t->expires_at == 0 || t->expires_at - clock_now() > TOKEN_MARGIN;
}

/*
 * Whether the file is still the login of the same user, as far as it says:
 * the captures so far are of that user, and all requests must be.
 */
static bool is_same_user(struct token *t, char **user, struct error *error)
{
	char *now = t->user_id;

	if (!*user || (now && strcmp(now, *user) == 0))
		return true;
	t->user_id = *user;
	*user = now;
	return !now || error_set(error, EX_CONFIG,
			   "'%s' is now the login of user '%s', no longer "
			   "of user '%s'",
			   t->path, now, t->user_id);
}

bool token_refresh(struct token *t, struct transfer *transfer, const char *url,
    const struct retry_policy *policy, struct error *error)
{
	char *stale = mem_string(t->access_token);
	char *user = mem_string(t->user_id);
	bool ok = token_lock(t, error);

	ok = is_same_user(t, &user, error) && ok;
	ok = ok && (is_refreshed(t, stale) ||
		       request_tokens(t, transfer, url, policy, error));
	token_unlock(t);
	if (stale)
		token_wipe(stale, strlen(stale));
	free(stale);
	free(user);
	if (!ok)
		token_redact(t, error->why, strlen(error->why));
	return ok;
}
