/*
 * A listener on 127.0.0.1 for the one request that ends a login. Whoever is
 * on this machine can connect, and any page in its browser can: every visitor
 * has little time and room, and of too many the oldest gives way.
 */
#ifndef SP_HTTP_LOOPBACK_H
#define SP_HTTP_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define VISITORS 16
#define VISITOR_HEAD 8192  /* bytes of a request's head */
#define VISITOR_TIME 10000 /* ms for sending it */

struct visitor {
	int fd;	       /* -1 for nobody */
	int64_t until; /* by clock_monotonic */
	size_t n;
	char head[VISITOR_HEAD];
};

struct loopback {
	int fd;	  /* -1 when closed */
	int port; /* the one that it got */
	struct visitor visitors[VISITORS];
};

enum loopback_event {
	LOOPBACK_REQUEST, /* the head of a visitor's request is there */
	LOOPBACK_INPUT,	  /* the other descriptor can be read */
	LOOPBACK_TIME,	  /* it is over */
	LOOPBACK_FAILED	  /* errno says why */
};

/* Listen; port 0 is any free one. False sets errno. */
bool loopback_open(struct loopback *, int port);

/* Turn everybody away. */
void loopback_close(struct loopback *);

/*
 * Wait for a request, or for `input` to have something if that is no -1, but
 * not past `until`, by clock_monotonic. The visitor is to be answered.
 */
enum loopback_event loopback_wait(
    struct loopback *, int input, int64_t until, struct visitor **);

/* The head of a visitor's request, until they are answered. */
struct slice visitor_head(const struct visitor *);

/*
 * Answer with a page, whose words may be anything, and part. Nothing of it
 * comes from elsewhere, or is kept by a browser.
 */
void visitor_answer(
    struct visitor *, int status, const char *title, const char *text);

#endif
