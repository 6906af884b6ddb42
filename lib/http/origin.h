/*
 * URLs and their origins, parsed by libcurl, so that the origin that is checked
 * is the one that libcurl connects to.
 */
#ifndef SP_HTTP_ORIGIN_H
#define SP_HTTP_ORIGIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

#define URL_MAX ((size_t)16 << 10)

/* Scheme, host and port. */
struct origin {
	char scheme[6]; /* "https" or "http" */
	char host[256]; /* in lower case; an IPv6 address in its brackets */
	char port[6];
	bool only_origin; /* without path, but for a slash, and query */
};

/*
 * Parse the origin of an absolute URL. NULL, or why it is refused, a constant
 * string: another scheme than http and https, a user name in it.
 */
const char *origin_parse(struct origin *, const char *url);

bool origin_eq(const struct origin *, const struct origin *);

/* Whether it is this machine: 127.0.0.1, [::1] or localhost. */
bool origin_is_loopback(const struct origin *);

/* Whether secrets may be sent there: https, or this machine. */
bool origin_is_safe(const struct origin *);

/* Append `https://host`, with the port unless it is the default. */
bool origin_put(const struct origin *, struct buf *);

/*
 * Append the absolute URL of `ref` at an API: a path that begins with a slash,
 * or a URL of the same origin. NULL, or why it is refused.
 */
const char *url_resolve(
    const struct origin *api, struct slice ref, struct buf *url);

/*
 * Why a text is no path, with or without a query, that can be requested as it
 * is: a constant string, or NULL.
 */
const char *url_path_error(struct slice);

/* The part after the origin: path and query. */
struct slice url_path(struct slice url);

/* The same without the query. */
struct slice url_endpoint(struct slice url);

/* Path and query, shortened for a message. */
struct slice url_brief(struct slice url);

#endif
