/*
 * HTTP transfers with libcurl, several at once, on connections that are reused;
 * with HTTP/2, on one. Whatever the server does, each ends within its time and
 * size limits. Redirects are not followed, certificates are always checked, and
 * plain http is for this machine only, which is never reached by a proxy.
 */
#ifndef SP_HTTP_TRANSFER_H
#define SP_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct skew;
struct transfer; /* owns the connections */

struct transfer_limits {
	int64_t timeout;	 /* ms for a whole transfer */
	int64_t connect_timeout; /* ms */
	const char *user_agent;	 /* borrowed, as are the next */
	const char *ca_file;	 /* CA certificates; NULL for the system's */
	const char *ca_folder;	 /* a folder of them, as by c_rehash; or NULL */
};

/* All is borrowed: the form until the transfer has ended. */
struct http_request {
	const char *url;
	const char *bearer; /* an access token, or NULL */
	const char *form;   /* what to POST; NULL for a GET */
	const char *user;   /* for Basic authentication, or NULL */
	const char *password;
};

enum transfer_result {
	TRANSFER_DONE,	    /* a status and a complete body were received */
	TRANSFER_TRANSIENT, /* it failed, and may succeed when retried */
	TRANSFER_PERMANENT /* it would fail again: too big, a bad certificate */
};

/* The response. Initialise body with BUF_INIT(its limit), and release it. */
struct response {
	int status;
	struct buf body;   /* decompressed */
	int64_t done_at;   /* when it was complete, ms since 1970, corrected */
	int64_t clock_off; /* ms; added to this machine's clock for that */
	int64_t retry_after; /* ms; -1 if the server did not say */
	size_t head;	     /* bytes of headers */
	char why[256];	     /* unless TRANSFER_DONE */
	/* Private: the Date and an Age of its head, and when it was sent. */
	int64_t date, came_at, sent_at, retry_date;
	bool aged;
};

/* NULL if libcurl cannot be initialised. `limits` is borrowed. */
struct transfer *transfer_new(const struct transfer_limits *);
void transfer_free(struct transfer *);

/*
 * Start one. The response is borrowed until transfer_next returns `owner`.
 * False if it fails at once: the reason is in its `why`, and transfer_next does
 * not return it.
 */
bool transfer_start(struct transfer *, const struct http_request *,
    struct response *, void *owner);

/* The clock skew by its responses; borrowed. */
struct skew *transfer_skew(struct transfer *);

/* How many are in flight. */
size_t transfer_count(const struct transfer *);

/*
 * Run the transfers in flight until one makes progress, `fd` is readable, or
 * timeout_ms have passed. -1 for no fd, and for no timeout.
 */
void transfer_wait(struct transfer *, int fd, int64_t timeout_ms);

/* The next one that has ended; false if there is none. */
bool transfer_next(struct transfer *, void **owner, enum transfer_result *);

/* Run one to its end, while no other is in flight. */
enum transfer_result transfer_run(
    struct transfer *, const struct http_request *, struct response *);

#endif
