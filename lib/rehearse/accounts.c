/*
 * The login service: /authorize, where a browser goes, and the token
 * endpoint, with errors of its own. Nobody is asked: who comes has consented.
 */
#include "base/base64.h"
#include "base/sha256.h"
#include "base/url.h"
#include "rehearse/mock.h"
#include "rehearse/put_json.h"

#include <stdio.h>
#include <string.h>

/* What a browser shows when there is nowhere to send it. */
static void refuse_page(struct mock_response *res, const char *why)
{
	res->status = 400;
	res->type = TYPE_TEXT;
	buf_puts(&res->body, why);
	buf_putc(&res->body, '\n');
}

/* http://127.0.0.1:PORT/..., or [::1]; the name localhost is refused. */
static bool redirect_good(const char *uri)
{
	static const char *const starts[] = {
	    "http://127.0.0.1:", "http://127.0.0.1/", "http://[::1]:"};

	for (int i = 0; i < 3; i++)
		if (strncmp(uri, starts[i], strlen(starts[i])) == 0)
			return strpbrk(uri, "?#\r\n ") == NULL;
	return false;
}

/* Send the browser back, with name=value and the state. */
static void redirect_back(struct mock_response *res, const char *redirect,
    const char *name, const char *value, const char *state)
{
	struct buf b = BUF_INIT(sizeof(res->location) - 1);
	struct buf query = BUF_INIT(b.max);
	const char *text;

	param_put(&query, name, value);
	if (*state != '\0')
		param_put(&query, "state", state);
	buf_printf(&b, "%s?", redirect);
	buf_put_slice(&b, buf_slice(&query));
	b.failed |= query.failed;
	buf_release(&query);
	text = buf_cstr(&b);
	if (text == NULL) {
		refuse_page(res, "INVALID_REQUEST: too long");
	} else {
		res->status = 302;
		snprintf(res->location, sizeof(res->location), "%s", text);
	}
	buf_release(&b);
}

static void authorize(struct mock *r, const struct mock_request *req,
    const struct fault *fault, struct mock_response *res)
{
	char id[256] = "", redirect[256] = "", state[1024] = "";
	char type[16] = "", method[16] = "";
	struct auth_code *code;

	param_get(req->query, "client_id", id, sizeof(id));
	param_get(req->query, "redirect_uri", redirect, sizeof(redirect));
	param_get(req->query, "state", state, sizeof(state));
	param_get(req->query, "response_type", type, sizeof(type));
	param_get(req->query, "code_challenge_method", method, sizeof(method));
	if (strcmp(id, r->user->tokens.client_id) != 0) {
		refuse_page(res, "INVALID_CLIENT: Invalid client");
		return;
	}
	if (!redirect_good(redirect)) {
		refuse_page(res, "INVALID_CLIENT: Invalid redirect URI");
		return;
	}
	if (fault != NULL && fault->kind == FAULT_STATE && *state != '\0')
		state[strlen(state) - 1] ^= 1;
	if (fault != NULL && fault->kind == FAULT_DENIED) {
		redirect_back(res, redirect, "error",
		    *fault->error != '\0' ? fault->error : "access_denied",
		    state);
		return;
	}
	if (strcmp(type, "code") != 0 || strcmp(method, "S256") != 0) {
		redirect_back(res, redirect, "error", "invalid_request", state);
		return;
	}
	code = tokens_code(&r->user->tokens);
	strcpy(code->redirect, redirect);
	param_get(req->query, "code_challenge", code->challenge,
	    sizeof(code->challenge));
	param_get(req->query, "scope", code->scope, sizeof(code->scope));
	redirect_back(res, redirect, "code", code->text, state);
}

static void send_tokens(
    struct mock *r, const char *refresh, struct mock_response *res)
{
	struct buf *b = &res->body;

	buf_puts(b, "{\"access_token\":");
	put_text(b, tokens_make(&r->user->tokens));
	buf_printf(
	    b, ",\"token_type\":\"Bearer\",\"expires_in\":%d", TOKEN_SECONDS);
	if (refresh != NULL) {
		buf_puts(b, ",\"refresh_token\":");
		put_text(b, refresh);
	}
	buf_puts(b, ",\"scope\":");
	put_text(b, r->user->tokens.scope);
	buf_puts(b, "}");
}

static void renew(struct mock *r, const struct mock_request *req, bool rotate,
    struct mock_response *res)
{
	char text[256] = "";

	param_get(req->form, "refresh_token", text, sizeof(text));
	if (!tokens_accept_refresh(&r->user->tokens, text, rotate))
		mock_response_oauth_error(
		    res, 400, "invalid_grant", "Refresh token revoked");
	else
		send_tokens(r,
		    rotate ? tokens_new_refresh(&r->user->tokens) : NULL, res);
}

/* Whether the verifier is the one that the challenge was made of. */
static bool verify(const struct auth_code *code, const char *verifier)
{
	unsigned char digest[SHA256_SIZE];
	char text[BASE64_TEXT(SHA256_SIZE)];
	size_t n = strlen(verifier);

	sha256(slice_of(verifier), digest);
	base64url(digest, sizeof(digest), text);
	return n >= 43 && n <= 128 && strcmp(text, code->challenge) == 0;
}

/* A code is good once, whatever comes of it. */
static void redeem(
    struct mock *r, const struct mock_request *req, struct mock_response *res)
{
	char text[256] = "", redirect[256] = "", verifier[256] = "";
	const char *why = NULL;
	struct auth_code code;

	param_get(req->form, "code", text, sizeof(text));
	param_get(req->form, "redirect_uri", redirect, sizeof(redirect));
	param_get(req->form, "code_verifier", verifier, sizeof(verifier));
	if (!tokens_redeem(&r->user->tokens, text, &code))
		why = "Invalid authorization code";
	else if (strcmp(redirect, code.redirect) != 0)
		why = "Invalid redirect URI";
	else if (!verify(&code, verifier))
		why = "code_verifier was incorrect";
	if (why != NULL) {
		mock_response_oauth_error(res, 400, "invalid_grant", why);
		return;
	}
	strcpy(r->user->tokens.scope, code.scope);
	send_tokens(r, tokens_new_refresh(&r->user->tokens), res);
}

static void token(struct mock *r, const struct mock_request *req, bool rotate,
    struct mock_response *res)
{
	char grant[32] = "", id[256] = "";

	param_get(req->form, "grant_type", grant, sizeof(grant));
	param_get(req->form, "client_id", id, sizeof(id));
	if (strcmp(req->method, "POST") != 0)
		mock_response_oauth_error(
		    res, 405, "invalid_request", "Method not allowed");
	else if (strcmp(grant, "refresh_token") != 0 &&
		 strcmp(grant, "authorization_code") != 0)
		mock_response_oauth_error(res, 400, "unsupported_grant_type",
		    "grant_type parameter is missing or unknown");
	else if (strcmp(id, r->user->tokens.client_id) != 0)
		mock_response_oauth_error(
		    res, 400, "invalid_client", "Invalid client");
	else if (*grant == 'r')
		renew(r, req, rotate, res);
	else
		redeem(r, req, res);
}

void accounts_respond(struct mock *r, const struct mock_request *req,
    const struct fault *fault, struct mock_response *res)
{
	if (strcmp(req->path, "/authorize") == 0)
		authorize(r, req, fault, res);
	else
		token(
		    r, req, fault != NULL && fault->kind == FAULT_ROTATE, res);
}
