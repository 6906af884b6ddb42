#include "http/refresh.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "http/grant.h"
#include "http/retry.h"
#include "http/token.h"
#include "http/transfer.h"

static bool renew(struct token *t, struct transfer *transfer, const char *url,
    const struct retry_policy *policy, struct trouble *trouble)
{
	struct buf form = BUF_INIT(4 * TOKEN_FILE_MAX);
	struct grant g = {
	    .question = {.url = url, .password = t->client_secret},
	    .policy = policy,
	    .ended = "log in first: the login has ended"};
	bool ok;

	if (!t->refresh_token)
		return trouble_set(trouble, EX_NOPERM,
		    "log in first: '%s' has no refresh_token", t->path);
	if (!t->client_id)
		return trouble_set(
		    trouble, EX_CONFIG, "%s: no client_id", t->path);
	if (!token_prepare(t, trouble))
		return false;
	form_put(&form, "grant_type", "refresh_token");
	form_put(&form, "refresh_token", t->refresh_token);
	form_put(&form, "client_id", t->client_id);
	g.question.form = buf_cstr(&form);
	if (t->client_secret)
		g.question.user = t->client_id;
	ok = g.question.form ? grant_ask(&g, t, transfer, trouble)
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

/*
 * Whose login it was, it still is, as far as the file says: what has been
 * asked by then is to go by that name, and nothing is asked by another's.
 */
static bool is_same_user(struct token *t, char **user, struct trouble *trouble)
{
	char *now = t->user_id;

	if (!*user || (now && strcmp(now, *user) == 0))
		return true;
	t->user_id = *user;
	*user = now;
	return !now || trouble_set(trouble, EX_CONFIG,
			   "'%s' is the login of user '%s' now, and was of "
			   "user '%s'",
			   t->path, now, t->user_id);
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

bool refresh_login(struct token *t, struct transfer *transfer, const char *url,
    const struct retry_policy *policy, struct trouble *trouble)
{
	char *stale = copy(t->access_token), *user = copy(t->user_id);
	bool ok = token_lock(t, trouble);

	ok = is_same_user(t, &user, trouble) && ok;
	ok = ok &&
	     (is_done(t, stale) || renew(t, transfer, url, policy, trouble));
	token_unlock(t);
	if (stale)
		token_wipe(stale, strlen(stale));
	free(stale);
	free(user);
	if (!ok)
		token_scrub(t, trouble->why, strlen(trouble->why));
	return ok;
}
