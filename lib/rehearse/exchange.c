#include "rehearse/exchange.h"
#include "rehearse/put_json.h"

void mock_response_init(struct mock_response *r)
{
	*r = (struct mock_response){.status = 200,
	    .type = TYPE_JSON,
	    .body = BUF_INIT(MOCK_TEXT_MAX),
	    .retry_after = -1,
	    .cut = -1};
}

void mock_response_release(struct mock_response *r)
{
	buf_release(&r->body);
}

void mock_response_error(struct mock_response *r, int status,
    const char *message, const char *reason)
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

void mock_response_oauth_error(struct mock_response *r, int status,
    const char *error, const char *description)
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
