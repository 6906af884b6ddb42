/*
 * The pages of one request: which URL comes after the one just answered. A
 * chain of pages stays at its API, never asks the same twice, and ends.
 */
#ifndef SP_HTTP_PAGES_H
#define SP_HTTP_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/url.h"

enum paging {
	PAGING_NONE,
	PAGING_NEXT,  /* follow `next`, or `artists.next` */
	PAGING_OFFSET /* count offsets up to `total` oneself */
};

enum pages_result {
	PAGES_MORE, /* the url of the next page is in `url` */
	PAGES_END,
	PAGES_BAD /* see `why` */
};

struct pages {
	enum paging paging;
	const struct origin *api; /* borrowed */
	uint64_t number;	  /* of the page being asked, from 1 */
	uint64_t max;
	struct buf url;	  /* what to ask; NUL-terminated */
	const char *why;  /* a constant string */
	struct buf asked; /* private: hashes of the URLs so far */
	struct buf next;
};

void pages_init(struct pages *, const struct origin *api, uint64_t max);
void pages_release(struct pages *);

/*
 * Begin a chain at a path or URL; PAGES_MORE, or PAGES_BAD where it is not
 * one of the API.
 */
enum pages_result pages_begin(struct pages *, struct slice ref, enum paging);

/* Go on after a page with this body, which is JSON. */
enum pages_result pages_next(struct pages *, struct slice body);

#endif
