/* One request and its response, as plain data. */
#ifndef SP_REHEARSE_EXCHANGE_H
#define SP_REHEARSE_EXCHANGE_H

#include "base/buf.h"

#include <stdint.h>

/* All of it is borrowed. */
struct mock_request {
	const char *method;
	const char *url;    /* as it was sent, with its query */
	const char *path;   /* percent-decoded, without the query */
	struct slice query; /* .p == NULL if there is none */
	struct slice form;  /* the body */
	const char *authorization, *user_agent, *accept_encoding; /* or NULL */
	uint64_t connection; /* counted from 1 */
};

struct mock_response {
	int status;
	const char *type; /* Content-Type, a constant */
	struct buf body;
	int64_t date;	     /* ms since 1970 */
	int64_t retry_after; /* in seconds; -1: no such header */
	char location[2048]; /* empty: no such header */
	/* How it is sent. */
	int64_t wait, drip; /* ms before the response, and between its bytes */
	int64_t cut;	    /* the connection ends at this byte; -1: never */
	bool reset;	    /* the connection ends without a response */
	bool huge;	    /* the body never ends */
};

#define TYPE_JSON "application/json; charset=utf-8"
#define TYPE_NDJSON "application/x-ndjson; charset=utf-8"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_HTML "text/html; charset=utf-8"

void mock_response_init(struct mock_response *);
void mock_response_release(struct mock_response *);

/* Make it an error of the Web API; reason may be NULL. */
void mock_response_error(struct mock_response *, int status,
    const char *message, const char *reason);

/* Make it an error of the token endpoint. */
void mock_response_oauth_error(struct mock_response *, int status,
    const char *error, const char *description);

#endif
