/*
 * HTTP transfers, several at once, over connections that are kept for the
 * next ones; with HTTP/2, over one. Whatever the server does, each ends
 * within its time and its size. Redirects are never followed, certificates
 * always checked, and plain http goes to this machine itself only. No proxy
 * is between us and this machine.
 */
#ifndef SP_HTTP_TRANSFER_H
#define SP_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/etag.h"

struct transfer; /* owns the connections */

struct transfer_limits {
	int64_t timeout;	 /* ms for a whole transfer */
	int64_t connect_timeout; /* ms */
	const char *user_agent;	 /* borrowed, as are the next */
	const char *ca_file;	 /* whom to trust; NULL for the system's */
	const char *ca_folder;	 /* the same, as OpenSSL's c_rehash has it */
};

/* What to ask; all is borrowed, the form until there is a result. */
struct question {
	const char *url;
	const char *bearer; /* an access token, or NULL */
	const char *form;   /* what to POST; NULL for a GET */
	const char *etag;   /* send it as If-None-Match, or NULL */
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
	struct buf body;	 /* decompressed */
	int64_t done_at;	 /* when it was there, ms since 1970 */
	int64_t retry_after;	 /* ms; -1 if the server did not say */
	size_t head;		 /* bytes of headers */
	char etag[ETAG_MAX + 1]; /* "" for none, or none that is one */
	char why[256];		 /* if it was not done */
	bool no_memory;		 /* that is why, as far as is known */
};

/* A new one, or NULL if libcurl does not start. `limits` is borrowed. */
struct transfer *transfer_new(const struct transfer_limits *);
void transfer_free(struct transfer *);

/*
 * Begin one. Its reply is borrowed until transfer_next gives `who` back.
 * False where it fails at once: then r->why says why, and nothing follows.
 */
bool transfer_start(
    struct transfer *, const struct question *, struct reply *r, void *who);

/* How many are under way. */
size_t transfer_count(const struct transfer *);

/*
 * Let those under way go on until something happens, `fd` can be read, or
 * timeout_ms are over. -1 is for no fd, and for a time of no matter.
 */
void transfer_wait(struct transfer *, int fd, int64_t timeout_ms);

/* Take one that has ended; false if there is none. */
bool transfer_next(struct transfer *, void **who, enum transfer_result *);

/* Do one from first to last, while no other is under way. */
enum transfer_result transfer_run(
    struct transfer *, const struct question *, struct reply *);

#endif
