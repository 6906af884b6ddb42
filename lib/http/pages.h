/*
 * The pages of one request: the URL of the next page after each answer. A
 * chain of pages stays at its API, never requests a page twice, and ends.
 */
#ifndef SP_HTTP_PAGES_H
#define SP_HTTP_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/url.h"

enum paging {
	PAGING_NONE,
	PAGING_NEXT,	/* follow `next`, or `artists.next` */
	PAGING_OFFSET,	/* compute offsets up to `total` */
	PAGING_PLAYLIST /* a playlist, the pages of its list, and a check */
};

/* The kind of page being requested, in a chain of PAGING_PLAYLIST. */
enum page_kind {
	PAGE_PLAIN, /* the first, or any of another paging */
	PAGE_ITEMS, /* a further page of a playlist's list */
	PAGE_CHECK  /* the playlist's snapshot once more, after the last */
};

enum pages_result {
	PAGES_MORE, /* the url of the next page is in `url` */
	PAGES_END,
	PAGES_BAD /* see `why` */
};

/* Where an earlier run stopped in a chain of pages. */
struct pages_stop {
	struct slice url; /* of the page to go on with; p == NULL for none */
	uint64_t number;  /* its number, from 2 */
};

struct pages {
	enum paging paging;
	const struct origin *api; /* borrowed */
	uint64_t number;	  /* of the page being requested, from 1 */
	enum page_kind kind;
	uint64_t max;
	struct buf url;	  /* to request; NUL-terminated */
	const char *why;  /* a constant string */
	struct buf asked; /* private: hashes of the URLs so far */
	struct buf next;
	struct buf first; /* the URL that the chain began with */
};

void pages_init(struct pages *, const struct origin *api, uint64_t max);
void pages_release(struct pages *);

/*
 * Begin a chain at a path or URL, or resume it where an earlier run stopped;
 * PAGES_MORE, or PAGES_BAD if the URL is not one of the API.
 */
enum pages_result pages_begin(
    struct pages *, struct slice ref, enum paging, const struct pages_stop *);

/* Go on after a page with this body, which is JSON. */
enum pages_result pages_next(struct pages *, struct slice body);

#endif
