/*
 * The window: sends several requests at once, and returns their pages in the
 * order of the input.
 *
 * The answers to a request wait here until all requests before it are
 * complete. Their memory is bounded: the window has room for a few requests
 * for each that may be under way; a request other than the first gets no more
 * pages while WINDOW_AHEAD bytes of it wait; and while WINDOW_AHEAD bytes for
 * each that may be under way wait in all, only the first request gets more.
 * Transfers that are under way by then may exceed this.
 *
 * Requests are sent in parallel while all goes well. Until the first answer,
 * and while one waits to be retried, they are sent one at a time, so that a
 * bad login, a rate limit or a service that is down is met by one request and
 * not by many. While a rate limit is waited out, this holds for its bucket
 * only: requests of other buckets are sent as before.
 */
#ifndef SP_HTTP_WINDOW_H
#define SP_HTTP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/client.h"
#include "http/pages.h"
#include "http/request.h"
#include "stream/record.h"

#define WINDOW_PARALLEL_MAX 64
#define WINDOW_AHEAD ((size_t)1 << 20)

/* An answer that waits for its turn. */
struct page {
	struct page *next;
	uint64_t number;
	enum page_kind kind;
	int status;
	int64_t fetched_at, clock_off;
	int64_t retry_at; /* 0 for none */
	bool quota;	  /* that is for all who use the app */
	enum denial denied;
	struct buf url, body;
	bool linked;	    /* it is known whether a page follows */
	struct buf follows; /* the next page's path and query, or "" */
};

/* A request in the window. */
struct ask {
	struct record record; /* of `line` */
	struct request request;
	uint64_t number; /* of the input's line */
	size_t bucket;
	struct pages pages;
	struct answer answer; /* the last one */
	enum denial denied;   /* what it refuses */
	bool ended;	      /* no more requests are sent for it */
	bool unsent;	      /* ended because it may not be sent */
	const char *code;     /* the refusal code, or NULL */
	char why[700];	      /* the reason, for people */

	struct buf line, scratch; /* private from here */
	struct get get;
	bool begun;
	struct page *first, **last; /* waiting pages, oldest first */
	size_t waiting;		    /* bytes of them */
};

struct window {
	struct client *client;	  /* borrowed, as is the API */
	const struct origin *api; /* set once requests may be sent */
	size_t parallel;	  /* requests sent at once, 1 to the maximum */
	uint64_t max_pages;	  /* of one request */
	size_t max_body;	  /* bytes */

	/*
	 * Called before each request to the API. False if it may not be sent:
	 * then the callback has refused the ask.
	 */
	bool (*may_ask)(void *ctx, struct ask *);
	/*
	 * Called with each answer when it arrives, before its turn, and with
	 * a next page that is refused; it may decide that nothing more is to
	 * be sent.
	 */
	void (*on_answer)(void *ctx, struct ask *);
	void *ctx;

	struct ask *asks; /* private from here */
	size_t size, head, count;
	bool proven; /* the last answer was a usable one */
};

/* Allocate, once the members above are set. */
void window_init(struct window *);
void window_release(struct window *);

bool window_is_full(const struct window *);
bool window_is_empty(const struct window *);

/*
 * Add a copy of a request record, from line `number` of the input, within a
 * run or by itself; the window must not be full.
 */
void window_add(
    struct window *, const struct record *, bool in_run, uint64_t number);

/*
 * Send the requests that may be sent, and wait until something has happened or
 * the file descriptor, unless it is -1, is readable.
 */
void window_turn(struct window *, int fd);

/* The first request; NULL if there is none. */
struct ask *window_first(struct window *);

/* Remove the first one, which must have ended, with no page waiting. */
void window_pop(struct window *);

/* The next page of a request, or NULL; free it with page_free. */
struct page *ask_take_page(struct ask *);
void page_free(struct page *);

/*
 * The refusal code for a list that the service ends before all of its entries
 * came: what came is good, and to ask again at once would bring no more.
 */
extern const char ask_short_list[];

/* End it as refused, with a fixed code, and a reason for people. */
void ask_refuse(struct ask *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
