/*
 * One HTTP transfer over a connection that is kept for the next one. Whatever
 * the server does, it ends within its time and its size. Redirects are never
 * followed, certificates always checked, and plain http goes to this machine
 * itself only, past any proxy.
 */
#ifndef SP_HTTP_TRANSFER_H
#define SP_HTTP_TRANSFER_H

#include <stdint.h>

#include "base/buf.h"

struct transfer; /* owns the connections */

struct transfer_limits {
	int64_t timeout;	 /* ms for a whole transfer */
	int64_t connect_timeout; /* ms */
	const char *user_agent;	 /* borrowed */
};

/* What to ask; all is borrowed. */
struct question {
	const char *url;
	const char *bearer; /* an access token, or NULL */
	const char *form;   /* what to POST; NULL for a GET */
	const char *user;   /* for Basic authentication, or NULL */
	const char *password;
};

enum transfer_result {
	TRANSFER_DONE,	/* there is a status and a whole body */
	TRANSFER_FAULT, /* the network's fault; another time it may work */
	TRANSFER_FAILED /* it will fail again: too big, a bad certificate */
};

/* What came of it. Initialise body with BUF_INIT(its limit), and release it. */
struct reply {
	int status;
	struct buf body;     /* decompressed */
	int64_t done_at;     /* when it was there, ms since 1970 */
	int64_t retry_after; /* ms; -1 if the server did not say */
	char why[256];	     /* if it was not done */
};

/* A new one, or NULL if libcurl does not start. `limits` is borrowed. */
struct transfer *transfer_new(const struct transfer_limits *);
void transfer_free(struct transfer *);

enum transfer_result transfer_run(
    struct transfer *, const struct question *, struct reply *);

#endif
