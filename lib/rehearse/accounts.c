/*
 * The login service: /authorize, where a browser goes, and the token
 * endpoint, with errors of its own. Nobody is asked: who comes has consented.
 */
#include "base/base64.h"
#include "base/sha256.h"
#include "base/url.h"
#include "rehearse/put.h"
#include "rehearse/query.h"
#include "rehearse/rehearsal.h"

#include <stdio.h>
#include <string.h>

/* What a browser shows when there is nowhere to send it. */
static void refuse_page(struct reply *reply, const char *why)
{
	reply->status = 400;
	reply->type = TYPE_TEXT;
	buf_puts(&reply->body, why);
	buf_putc(&reply->body, '\n');
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
static void go_back(struct reply *reply, const char *redirect, const char *name,
    const char *value, const char *state)
{
	struct buf b = BUF_INIT(sizeof(reply->location) - 1);
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
		refuse_page(reply, "INVALID_REQUEST: too long");
	} else {
		reply->status = 302;
		snprintf(reply->location, sizeof(reply->location), "%s", text);
	}
	buf_release(&b);
}

static void authorize(struct rehearsal *r, const struct ask *ask,
    const struct fault *fault, struct reply *reply)
{
	char id[256] = "", redirect[256] = "", state[1024] = "";
	char type[16] = "", method[16] = "";
	struct code *code;

	query_get(ask->query, "client_id", id, sizeof(id));
	query_get(ask->query, "redirect_uri", redirect, sizeof(redirect));
	query_get(ask->query, "state", state, sizeof(state));
	query_get(ask->query, "response_type", type, sizeof(type));
	query_get(ask->query, "code_challenge_method", method, sizeof(method));
	if (strcmp(id, r->tokens.client_id) != 0) {
		refuse_page(reply, "INVALID_CLIENT: Invalid client");
		return;
	}
	if (!redirect_good(redirect)) {
		refuse_page(reply, "INVALID_CLIENT: Invalid redirect URI");
		return;
	}
	if (fault != NULL && fault->kind == FAULT_STATE && *state != '\0')
		state[strlen(state) - 1] ^= 1;
	if (fault != NULL && fault->kind == FAULT_DENIED) {
		go_back(reply, redirect, "error",
		    *fault->error != '\0' ? fault->error : "access_denied",
		    state);
		return;
	}
	if (strcmp(type, "code") != 0 || strcmp(method, "S256") != 0) {
		go_back(reply, redirect, "error", "invalid_request", state);
		return;
	}
	code = tokens_code(&r->tokens);
	strcpy(code->redirect, redirect);
	query_get(ask->query, "code_challenge", code->challenge,
	    sizeof(code->challenge));
	query_get(ask->query, "scope", code->scope, sizeof(code->scope));
	go_back(reply, redirect, "code", code->text, state);
}

static void give_tokens(
    struct rehearsal *r, const char *refresh, struct reply *reply)
{
	struct buf *b = &reply->body;

	buf_puts(b, "{\"access_token\":");
	put_text(b, tokens_make(&r->tokens));
	buf_printf(b, ",\"token_type\":\"Bearer\",\"expires_in\":%lld",
	    (long long)(r->tokens.lasts / 1000));
	if (refresh != NULL) {
		buf_puts(b, ",\"refresh_token\":");
		put_text(b, refresh);
	}
	buf_puts(b, ",\"scope\":");
	put_text(b, r->tokens.scope);
	buf_puts(b, "}");
}

static void renew(struct rehearsal *r, const struct ask *ask, bool rotate,
    struct reply *reply)
{
	char text[256] = "";

	query_get(ask->form, "refresh_token", text, sizeof(text));
	if (!tokens_refreshes(&r->tokens, text, rotate))
		reply_oauth_error(
		    reply, 400, "invalid_grant", "Refresh token revoked");
	else
		give_tokens(
		    r, rotate ? tokens_refresh(&r->tokens) : NULL, reply);
}

/* Whether the verifier is the one that the challenge was made of. */
static bool verify(const struct code *code, const char *verifier)
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
    struct rehearsal *r, const struct ask *ask, struct reply *reply)
{
	char text[256] = "", redirect[256] = "", verifier[256] = "";
	const char *why = NULL;
	struct code code;

	query_get(ask->form, "code", text, sizeof(text));
	query_get(ask->form, "redirect_uri", redirect, sizeof(redirect));
	query_get(ask->form, "code_verifier", verifier, sizeof(verifier));
	if (!tokens_redeem(&r->tokens, text, &code))
		why = "Invalid authorization code";
	else if (strcmp(redirect, code.redirect) != 0)
		why = "Invalid redirect URI";
	else if (!verify(&code, verifier))
		why = "code_verifier was incorrect";
	if (why != NULL) {
		reply_oauth_error(reply, 400, "invalid_grant", why);
		return;
	}
	strcpy(r->tokens.scope, code.scope);
	give_tokens(r, tokens_refresh(&r->tokens), reply);
}

static void token(struct rehearsal *r, const struct ask *ask, bool rotate,
    struct reply *reply)
{
	char grant[32] = "", id[256] = "";

	query_get(ask->form, "grant_type", grant, sizeof(grant));
	query_get(ask->form, "client_id", id, sizeof(id));
	if (strcmp(ask->method, "POST") != 0)
		reply_oauth_error(
		    reply, 405, "invalid_request", "Method not allowed");
	else if (strcmp(grant, "refresh_token") != 0 &&
		 strcmp(grant, "authorization_code") != 0)
		reply_oauth_error(reply, 400, "unsupported_grant_type",
		    "grant_type parameter is missing or unknown");
	else if (strcmp(id, r->tokens.client_id) != 0)
		reply_oauth_error(
		    reply, 400, "invalid_client", "Invalid client");
	else if (*grant == 'r')
		renew(r, ask, rotate, reply);
	else
		redeem(r, ask, reply);
}

void accounts_answer(struct rehearsal *r, const struct ask *ask,
    const struct fault *fault, struct reply *reply)
{
	if (strcmp(ask->path, "/authorize") == 0)
		authorize(r, ask, fault, reply);
	else
		token(r, ask, fault != NULL && fault->kind == FAULT_ROTATE,
		    reply);
}
