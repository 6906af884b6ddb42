/*
 * The pages of one request: which URL to request after each response. A chain
 * of pages stays at its API, never requests a page twice, and ends with the
 * first page without entries. It counts the entries, also those that are null,
 * so that an incomplete list is detected.
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
	PAGE_PLAIN, /* the first page, or any page of another paging */
	PAGE_ITEMS, /* a further page of a playlist's items */
	PAGE_CHECK  /* the last one: has the playlist's snapshot changed? */
};

enum pages_result {
	PAGES_MORE, /* the next page is to be requested, at `url` */
	PAGES_END,
	PAGES_SHORT, /* the end, but before the list's total; see `why` */
	PAGES_BAD    /* the next page cannot be requested; see `why` */
};

/* The resume point of a chain of pages: where an earlier run stopped. */
struct resume_point {
	struct slice url; /* of the page to request next; p == NULL for none */
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
	struct hash_set entries;   /* hashes of the pages' lists so far */
	struct buf next;
	struct buf first; /* the URL that the chain began with */
	char text[120];
	const char *member; /* of a playlist: which one has its list */
	int64_t offset;	    /* in the URL of this page, or -1 */
	int64_t received;   /* entries before this page; -1 if unknown */
	int64_t repeated;   /* how many of them are the same as before */
	uint64_t last;	    /* hash of the last one that is not null, or 0 */
	bool skipped;	    /* a link left entries out */
	bool no_total;	    /* the list's total is wrong, and ignored */
};

void pages_init(struct pages *, const struct origin *api, uint64_t max);
void pages_release(struct pages *);

/*
 * Begin a chain at a path or URL, or resume it where an earlier run stopped;
 * PAGES_MORE, or PAGES_BAD if the URL is not one of the API.
 */
enum pages_result pages_begin(
    struct pages *, struct slice ref, enum paging, const struct resume_point *);

/* Find the page after one with this body, which is JSON. */
enum pages_result pages_next(struct pages *, struct slice body);

/*
 * Whether a page, which is JSON, reaches back to a time in Unix milliseconds:
 * the oldest `played_at` of its `items` is not later, or `items` is empty. A
 * page without a readable `played_at` does not.
 */
bool page_reaches_time(struct slice body, int64_t time);

#endif
