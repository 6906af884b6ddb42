/*
 * Where a URL leads, as libcurl itself reads it: what was checked here and
 * what is connected to are never two readings of one text.
 */
#ifndef SP_HTTP_URL_H
#define SP_HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define URL_MAX ((size_t)16 << 10)

/* Scheme, host and port. */
struct origin {
	char scheme[6]; /* "https" or "http" */
	char host[256]; /* in lower case; an IPv6 address in its brackets */
	char port[6];
	bool bare; /* nothing followed it but perhaps a slash */
};

/* What is told where nothing is wrong with a URL, but there is no memory. */
extern const char url_no_memory[];

/*
 * Read the origin of an absolute URL. NULL, or what is wrong with it, a
 * constant string: another scheme than http and https, a user name in it.
 */
const char *origin_read(struct origin *, const char *url);

bool origin_eq(const struct origin *, const struct origin *);

/* Whether it is this machine itself. */
bool origin_is_here(const struct origin *);

/* Whether a secret may travel there: https, or this machine itself. */
bool origin_is_safe(const struct origin *);

/* Append `https://host`, with the port where it is not the usual one. */
bool origin_put(const struct origin *, struct buf *);

/*
 * Append the absolute URL that `ref` means at an API: a path that begins with
 * a slash, or a URL of the same origin. NULL, or why it is refused.
 */
const char *url_resolve(
    const struct origin *api, struct slice ref, struct buf *url);

/*
 * A whole number in the query of a URL, like 50 in `?limit=50`; false if it
 * is not there or no number.
 */
bool url_query_int(struct slice url, const char *name, int64_t *value);

/* Append the URL with this number in its query, in place or at the end. */
bool url_set_query_int(
    struct slice url, const char *name, int64_t value, struct buf *to);

/* What follows the origin: path and query. */
struct slice url_path(struct slice url);

/* The same without the query. */
struct slice url_endpoint(struct slice url);

/* Path and query, cut for a message. */
struct slice url_brief(struct slice url);

#endif
