/* One request and its response, as plain data. */
#ifndef SP_REHEARSE_EXCHANGE_H
#define SP_REHEARSE_EXCHANGE_H

#include "base/buf.h"

#include <stdint.h>

/* Everything is borrowed for as long as the answer is made. */
struct mock_request {
	const char *method;
	const char *url;   /* as it came, with its query */
	const char *path;  /* percent-decoded, without the query */
	const char *query; /* NULL if there is none */
	const char *form;  /* the body; may be empty, never NULL */
	const char *authorization, *user_agent, *accept_encoding; /* or NULL */
	uint64_t connection; /* counted from 1 */
};

struct mock_response {
	int status;
	const char *type; /* Content-Type, a constant */
	struct buf body;
	int64_t date;	     /* ms since 1970 */
	int64_t retry_after; /* in seconds; -1 sends none */
	char location[2048]; /* empty sends none */
	/* How it is sent. */
	int64_t wait, drip; /* ms before the answer, and between its bytes */
	int64_t cut;	    /* the connection ends at this byte; -1 never */
	bool reset;	    /* the connection ends with no answer */
	bool huge;	    /* the body never ends */
};

#define TYPE_JSON "application/json; charset=utf-8"
#define TYPE_NDJSON "application/x-ndjson; charset=utf-8"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_HTML "text/html; charset=utf-8"

void mock_response_init(struct mock_response *);
void mock_response_release(struct mock_response *);

/* Make it an error as the Web API words one; reason may be NULL. */
void mock_response_error(struct mock_response *, int status,
    const char *message, const char *reason);

/* Make it an error as the token endpoint words one. */
void mock_response_oauth_error(struct mock_response *, int status,
    const char *error, const char *description);

#endif
