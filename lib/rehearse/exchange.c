#include "rehearse/put.h"
#include "rehearse/exchange.h"

void reply_init(struct reply *r)
{
	*r = (struct reply){.status = 200,
	    .type = TYPE_JSON,
	    .body = BUF_INIT(REPLY_MAX),
	    .retry_after = -1,
	    .cut = -1};
}

void reply_release(struct reply *r)
{
	buf_release(&r->body);
}

void reply_error(
    struct reply *r, int status, const char *message, const char *reason)
{
	r->status = status;
	r->type = TYPE_JSON;
	buf_clear(&r->body);
	buf_printf(&r->body, "{\"error\":{\"status\":%d,\"message\":", status);
	put_text(&r->body, message);
	if (reason != NULL && *reason != '\0') {
		buf_puts(&r->body, ",\"reason\":");
		put_text(&r->body, reason);
	}
	buf_puts(&r->body, "}}");
}

void reply_oauth_error(
    struct reply *r, int status, const char *error, const char *description)
{
	r->status = status;
	r->type = TYPE_JSON;
	buf_clear(&r->body);
	buf_puts(&r->body, "{\"error\":");
	put_text(&r->body, error);
	buf_puts(&r->body, ",\"error_description\":");
	put_text(&r->body, description);
	buf_puts(&r->body, "}");
}
