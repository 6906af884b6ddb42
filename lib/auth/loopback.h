/*
 * A small HTTP server on 127.0.0.1 for the one request that ends a login, the
 * OAuth callback. Every process on this machine can connect, and every page in
 * its browser: a connection is limited in time and size, and if there are too
 * many, the oldest is closed.
 */
#ifndef SP_AUTH_LOOPBACK_H
#define SP_AUTH_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define LOOPBACK_CONNECTIONS_MAX 16
#define CONNECTION_HEAD_MAX 8192 /* bytes of a request's head */
#define CONNECTION_TIMEOUT 10000 /* ms for sending it */

struct connection {
	int fd;	       /* -1 while it is not in use */
	int64_t until; /* its deadline, by clock_monotonic */
	size_t n;      /* bytes in `head` */
	char head[CONNECTION_HEAD_MAX];
};

struct loopback {
	int fd;	  /* -1 when closed */
	int port; /* the one that it listens on */
	struct connection connections[LOOPBACK_CONNECTIONS_MAX];
};

enum loopback_event {
	LOOPBACK_REQUEST, /* the head of a request was received */
	LOOPBACK_INPUT,	  /* the other descriptor is readable */
	LOOPBACK_TIMEOUT, /* the deadline has passed */
	LOOPBACK_FAILED	  /* errno says why */
};

/* Listen; port 0 is any free one. False sets errno. */
bool loopback_open(struct loopback *, int port);

/* Close the listener and all connections. */
void loopback_close(struct loopback *);

/*
 * Wait for a request, or for `input` to be readable unless it is -1, until the
 * deadline, by clock_monotonic. For LOOPBACK_REQUEST the connection is set, and
 * the caller must respond to it.
 */
enum loopback_event loopback_wait(
    struct loopback *, int input, int64_t until, struct connection **);

/* The head of its request; valid until the response. */
struct slice connection_head(const struct connection *);

/*
 * Send an HTML page (title and text are escaped) and close the connection.
 * The page loads nothing from elsewhere, and browsers do not store it.
 */
void connection_respond(
    struct connection *, int status, const char *title, const char *text);

#endif
