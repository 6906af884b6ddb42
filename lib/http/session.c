#include "http/session.h"

#include <stdlib.h>
#include <sysexits.h>

#include "json/json.h"

void session_init(struct session *s, const char *path,
    struct transfer *transfer, const struct retry_policy *policy)
{
	*s = (struct session){.endpoint = BUF_INIT(URL_MAX)};
	token_init(&s->token, path);
	s->client = (struct client){
	    .transfer = transfer, .token = &s->token, .policy = *policy};
}

void session_release(struct session *s)
{
	token_release(&s->token);
	buf_release(&s->endpoint);
}

bool session_check(const char *what, const char *url, struct origin *origin,
    struct trouble *trouble)
{
	const char *why = origin_read(origin, url);

	if (!why && !origin_is_safe(origin))
		why = "plain http to another machine";
	return !why ||
	       trouble_set(trouble, why == url_no_memory ? EX_OSERR : EX_CONFIG,
		   "cannot use %s '%s': %s", what, url, why);
}

bool session_check_api(
    const char *url, struct origin *api, struct trouble *trouble)
{
	return session_check("API", url, api, trouble) &&
	       (api->bare ||
		   trouble_set(trouble, EX_CONFIG,
		       "cannot use API '%s': more than scheme, host and port",
		       url));
}

/* Find out where the API and the token endpoint are. */
static bool find_services(struct session *s, struct trouble *trouble)
{
	const char *api = s->api_url, *url = s->token_url;
	struct origin accounts;

	if (!api)
		api = s->token.api_url ? s->token.api_url : SESSION_API;
	if (!url)
		url =
		    s->token.token_url ? s->token.token_url : SESSION_TOKEN_URL;
	/* A copy: what the token holds changes when it is renewed. */
	buf_clear(&s->endpoint);
	buf_puts(&s->endpoint, url);
	s->client.token_url = buf_cstr(&s->endpoint);
	if (s->endpoint.no_memory)
		return trouble_set(trouble, EX_OSERR, "no memory");
	if (!s->client.token_url)
		return trouble_set(trouble, EX_CONFIG,
		    "cannot use token endpoint: longer than a URL may be");
	return session_check("token endpoint", url, &accounts, trouble) &&
	       session_check_api(api, &s->api, trouble);
}

bool session_open(struct session *s, struct trouble *trouble)
{
	if (!s->open)
		s->open =
		    token_load(&s->token, trouble) && find_services(s, trouble);
	return s->open;
}

char *session_read_id(struct slice body, struct trouble *trouble)
{
	struct buf text = BUF_INIT(4096);
	struct slice id = {NULL, 0};
	struct json j;
	enum json_type type;
	char *user = NULL;

	json_init(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return NULL;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j.key, "id"))
			id = j.text;
		json_skip(&j, type);
	}
	if (id.n > 0 && json_unescape(id, &text) &&
	    !memchr(text.p, '\0', text.n))
		text.no_memory = !token_set(&user, buf_slice(&text));
	if (text.no_memory)
		trouble_set(trouble, EX_OSERR, "no memory");
	else if (!user)
		trouble_set(
		    trouble, EX_UNAVAILABLE, "/v1/me: an answer without id");
	buf_release(&text);
	return user;
}

/* Keep the user's id in the token file. */
static void keep_user(struct session *s, char *user)
{
	const struct retry_policy *policy = &s->client.policy;
	struct token *t = &s->token;
	struct trouble trouble;
	bool ok = token_lock(t, &trouble);

	free(t->user_id);
	t->user_id = user;
	/* If it is not kept, nothing is lost but the time to ask again. */
	if ((!ok || !token_save(t, &trouble)) && policy->tell)
		policy->tell(policy->ctx, NULL, trouble.why);
	token_unlock(t);
}

bool session_put_me(
    const struct origin *api, struct buf *url, struct trouble *trouble)
{
	const char *why = url_resolve(api, SLICE("/v1/me"), url);

	if (!why)
		return true;
	buf_release(url);
	return trouble_set(trouble, why == url_no_memory ? EX_OSERR : EX_CONFIG,
	    "/v1/me: %s", why);
}

bool session_know_user(
    struct session *s, struct answer *a, struct trouble *trouble)
{
	struct buf url = BUF_INIT(URL_MAX);
	char *user;

	if (!session_open(s, trouble))
		return false;
	if (s->token.user_id)
		return true;
	if (!session_put_me(&s->api, &url, trouble))
		return false;
	client_get(&s->client, url.p, a);
	buf_release(&url);
	if (a->kind != ANSWER_GOOD) {
		trouble_set(
		    trouble, a->trouble.exit, "/v1/me: %.480s", a->trouble.why);
		trouble->until = a->trouble.until;
		return false;
	}
	user = session_read_id(buf_slice(&a->reply.body), trouble);
	if (!user)
		return false;
	keep_user(s, user);
	return true;
}
