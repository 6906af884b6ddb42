#include "api/session.h"

#include <stdlib.h>
#include <sysexits.h>

#include "base/mem.h"
#include "json/json.h"
#include "spotify/endpoint.h"

void session_init(struct session *s, const char *path,
    struct transfer *transfer, const struct retry_policy *policy)
{
	*s = (struct session){.endpoint = BUF_INIT(URL_MAX)};
	token_file_init(&s->file, path);
	s->client = (struct client){.transfer = transfer,
	    .token = &s->token,
	    .token_file = &s->file,
	    .policy = *policy};
}

void session_release(struct session *s)
{
	token_release(&s->token);
	token_file_release(&s->file);
	buf_release(&s->endpoint);
}

bool session_check_url(const char *what, const char *url, struct origin *origin,
    struct error *error)
{
	const char *why = origin_parse(origin, url);

	if (!why && !origin_is_safe(origin))
		why = "plain http to another machine";
	return !why || error_set(error, EX_CONFIG, "cannot use %s '%s': %s",
			   what, url, why);
}

bool session_check_api(const char *url, struct origin *api, struct error *error)
{
	return session_check_url("API", url, api, error) &&
	       (api->only_origin ||
		   error_set(error, EX_CONFIG,
		       "cannot use API '%s': more than scheme, host and port",
		       url));
}

/* Set the URLs of the API and of the token endpoint. */
static bool find_services(struct session *s, struct error *error)
{
	const char *api = s->api_url, *url = s->token_url;
	struct origin accounts;

	if (!api)
		api = s->token.api_url ? s->token.api_url : SESSION_API;
	if (!url)
		url =
		    s->token.token_url ? s->token.token_url : SESSION_TOKEN_URL;
	/* A copy: a refresh may change the token's. */
	buf_clear(&s->endpoint);
	buf_puts(&s->endpoint, url);
	s->client.token_url = buf_cstr(&s->endpoint);
	if (!s->client.token_url)
		return error_set(error, EX_CONFIG,
		    "cannot use token endpoint: longer than a URL may be");
	return session_check_url("token endpoint", url, &accounts, error) &&
	       session_check_api(api, &s->api, error);
}

bool session_open(struct session *s, struct error *error)
{
	if (!s->open)
		s->open = token_file_load(&s->file, &s->token, error) &&
			  find_services(s, error);
	return s->open;
}

/* The id in a response of /v1/me, yours to free; NULL on an error. */
static char *parse_user_id(struct slice body, struct error *error)
{
	struct buf text = BUF_INIT(4096);
	struct slice id = {NULL, 0};
	struct json j;
	enum json_type type;
	char *user = NULL;

	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT) {
		error_set(error, EX_UNAVAILABLE,
		    "/v1/me: the response is not an object");
		return NULL;
	}
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j.key, "id"))
			id = j.text;
		json_skip(&j, type);
	}
	if (id.n > 0 && json_unescape(id, &text) &&
	    !memchr(text.p, '\0', text.n))
		user = mem_string_slice(buf_slice(&text));
	if (!user)
		error_set(
		    error, EX_UNAVAILABLE, "/v1/me: the response has no id");
	buf_release(&text);
	return user;
}

void session_put_profile_url(const struct origin *api, struct buf *url)
{
	origin_put(api, url);
	buf_puts(url, endpoint_named(SLICE("me"))->path);
}

char *session_request_user(struct client *c, const struct origin *api,
    struct result *result, struct error *error)
{
	const struct response *r = &result->response;
	struct buf url = BUF_INIT(URL_MAX);

	session_put_profile_url(api, &url);
	client_get(c, buf_cstr(&url), result);
	buf_release(&url);
	if (result->kind == RESULT_OK)
		return parse_user_id(buf_slice(&r->body), error);
	error_set(error, result->error.exit, "%s%.480s",
	    result->kind == RESULT_NO_LOGIN ? "" : "/v1/me: ",
	    result->error.why);
	error->until = result->error.until;
	error->limit = result->error.limit;
	if (result->kind == RESULT_LIMITED)
		error_set_limit(error, "me", r->status, r->done_at);
	return NULL;
}

/* Save the user's id in the token file. */
static void save_user(struct session *s, char *user)
{
	const struct retry_policy *policy = &s->client.policy;
	struct error error = ERROR_UNSET;
	bool ok = token_file_lock(&s->file, &s->token, &error);

	free(s->token.user_id);
	s->token.user_id = user;
	ok = ok && token_file_save(&s->file, &s->token, &error);
	/* If that fails, /v1/me is requested again the next time. */
	if (!ok && policy->report)
		policy->report(policy->ctx, NULL, error.why);
	token_file_unlock(&s->file);
}

bool session_fetch_user(
    struct session *s, struct result *result, struct error *error)
{
	char *user;

	if (!session_open(s, error))
		return false;
	if (s->token.user_id)
		return true;
	user = session_request_user(&s->client, &s->api, result, error);
	if (user)
		save_user(s, user);
	return user != NULL;
}
