/* The token endpoint, which is a service of its own with its own errors. */
#include "rehearse/put.h"
#include "rehearse/query.h"
#include "rehearse/rehearsal.h"

#include <string.h>

static void give_tokens(struct rehearsal *r, bool rotate, struct reply *reply)
{
	struct buf *b = &reply->body;

	buf_puts(b, "{\"access_token\":");
	put_text(b, tokens_make(&r->tokens));
	buf_printf(b, ",\"token_type\":\"Bearer\",\"expires_in\":%lld",
	    (long long)(r->tokens.lasts / 1000));
	if (rotate) {
		tokens_rotate(&r->tokens);
		buf_puts(b, ",\"refresh_token\":");
		put_text(b, r->tokens.refresh);
	}
	buf_puts(b, ",\"scope\":");
	put_text(b, rehearsal_scope());
	buf_puts(b, "}");
}

static void refresh(struct rehearsal *r, const struct ask *ask, bool rotate,
    struct reply *reply)
{
	char text[256] = "";

	query_get(ask->form, "client_id", text, sizeof(text));
	if (strcmp(text, r->tokens.client_id) != 0) {
		reply_oauth_error(
		    reply, 400, "invalid_client", "Invalid client");
		return;
	}
	text[0] = '\0';
	query_get(ask->form, "refresh_token", text, sizeof(text));
	if (strcmp(text, r->tokens.refresh) != 0) {
		reply_oauth_error(
		    reply, 400, "invalid_grant", "Refresh token revoked");
		return;
	}
	give_tokens(r, rotate, reply);
}

void accounts_answer(struct rehearsal *r, const struct ask *ask, bool rotate,
    struct reply *reply)
{
	char grant[32] = "";

	if (strcmp(ask->method, "POST") != 0) {
		reply_oauth_error(
		    reply, 405, "invalid_request", "Method not allowed");
		return;
	}
	query_get(ask->form, "grant_type", grant, sizeof(grant));
	if (strcmp(grant, "refresh_token") == 0)
		refresh(r, ask, rotate, reply);
	else
		reply_oauth_error(reply, 400, "unsupported_grant_type",
		    "grant_type parameter is missing or unknown");
}
