/*
 * The pages of one request: the URL of the next page after each response. A
 * chain of pages stays at its API, never requests a page twice, and ends with
 * the first page without entries. It counts the entries, those that are null
 * too, so that an incomplete list is noticed.
 */
#ifndef SP_API_PAGES_H
#define SP_API_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "http/origin.h"
#include "spotify/endpoint.h"

/* The kind of page being requested, in a chain of PAGING_PLAYLIST. */
enum page_kind {
	PAGE_PLAIN, /* the first, or any of another paging */
	PAGE_ITEMS, /* a further page of a playlist's list */
	PAGE_CHECK  /* the playlist's snapshot once more, after the last */
};

enum pages_result {
	PAGES_MORE, /* the url of the next page is in `url` */
	PAGES_END,
	PAGES_SHORT, /* the end, but not of all that there is; see `why` */
	PAGES_BAD    /* see `why` */
};

/* The resume point of a chain of pages: where an earlier run stopped. */
struct resume_point {
	struct slice url; /* of the page to go on with; p == NULL for none */
	uint64_t number;  /* its number, from 2 */
};

struct pages {
	enum paging paging;
	const struct origin *api; /* borrowed */
	uint64_t number;	  /* of the page being requested, from 1 */
	enum page_kind kind;
	uint64_t max;
	struct buf url;		   /* to request; NUL-terminated */
	const char *why;	   /* until the next call */
	struct hash_set requested; /* private: hashes of the URLs so far */
	struct hash_set entries;   /* and of the lists of entries */
	struct buf next;
	struct buf first; /* the URL that the chain began with */
	char text[120];
	const char *member; /* of a playlist, where its list is */
	int64_t offset;	    /* in the URL of this page, or -1 */
	int64_t received;   /* entries before this page; -1 if not known */
	int64_t repeated;   /* of them came a second time */
	uint64_t last;	    /* hash of the last one that is not null; or 0 */
	bool skipped;	    /* a link has passed over some */
	bool no_total;	    /* the total is not true */
};

void pages_init(struct pages *, const struct origin *api, uint64_t max);
void pages_release(struct pages *);

/*
 * Begin a chain at a path or URL, or resume it where an earlier run stopped;
 * PAGES_MORE, or PAGES_BAD if the URL is not one of the API.
 */
enum pages_result pages_begin(
    struct pages *, struct slice ref, enum paging, const struct resume_point *);

/* Go on after a page with this body, which is JSON. */
enum pages_result pages_next(struct pages *, struct slice body);

#endif
