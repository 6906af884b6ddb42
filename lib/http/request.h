/* The records that sp-fetch reads and writes, sp-stream(5). */
#ifndef SP_HTTP_REQUEST_H
#define SP_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "http/pages.h"

struct record;

/* What a `request` record asks for; slices live as long as the record. */
struct request {
	struct slice run; /* p == NULL if it is of none */
	struct slice endpoint;
	struct slice url;     /* a path, or a URL of the API */
	struct slice cursor;  /* as written; p == NULL if there is none */
	struct slice dequeue; /* likewise */
	struct slice etags;   /* likewise: see http/held.h */
	int64_t seq;	      /* -1 if it has none */
	enum paging paging;
	struct pages_stop stop; /* where an earlier run stopped */
	struct slice list;	/* as written: what its pages are parts of */
	bool optional; /* 403 and 404 are answers about it, and no failure */
};

/*
 * Read a request; decoded strings go to `scratch`, which is appended to and
 * must not move meanwhile. NULL, or why it is none: a constant string.
 */
const char *request_read(
    const struct record *, struct buf *scratch, struct request *);

/* What a capture says besides its body. */
struct capture {
	const struct request *request;
	int64_t seq;
	uint64_t page;
	enum page_kind kind;
	const struct buf *next; /* path and query, "" for none; or NULL */
	const char *user;	/* or NULL */
	struct slice url;	/* absolute */
	int status;
	int64_t fetched_at;
	int64_t retry_at; /* ms since 1970; 0 for none */
	const char *etag; /* "" for none */
};

/*
 * Append a capture with its body: compact and with every number as the
 * server wrote it, or as `text`, cut, where it is no JSON. One of 304 has
 * none: what it stands for is held already.
 */
bool capture_put(const struct capture *, struct slice body, struct buf *);

/*
 * The endpoint that a path of the API belongs to, like "playlist-items" for
 * /v1/playlists/{id}/items; "unknown" for a path of none.
 */
const char *endpoint_of(struct slice path);

#endif
