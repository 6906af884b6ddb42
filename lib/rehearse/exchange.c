#include "rehearse/exchange.h"

void reply_init(struct reply *r)
{
	*r = (struct reply){.status = 200,
	    .type = TYPE_JSON,
	    .body = BODY_INIT,
	    .retry_after = -1,
	    .cut = -1};
}

void reply_release(struct reply *r)
{
	body_release(&r->body);
}

void reply_error(
    struct reply *r, int status, const char *message, const char *reason)
{
	r->status = status;
	r->type = TYPE_JSON;
	body_clear(&r->body);
	body_fmt(&r->body, "{\"error\":{\"status\":%d,\"message\":", status);
	body_json(&r->body, message);
	if (reason != NULL && *reason != '\0') {
		body_str(&r->body, ",\"reason\":");
		body_json(&r->body, reason);
	}
	body_str(&r->body, "}}");
}

void reply_oauth_error(
    struct reply *r, int status, const char *error, const char *description)
{
	r->status = status;
	r->type = TYPE_JSON;
	body_clear(&r->body);
	body_str(&r->body, "{\"error\":");
	body_json(&r->body, error);
	body_str(&r->body, ",\"error_description\":");
	body_json(&r->body, description);
	body_str(&r->body, "}");
}
