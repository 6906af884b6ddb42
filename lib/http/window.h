/*
 * The window: requests that are asked several at once, and come out in the
 * order in which they went in, each with its pages in theirs.
 *
 * What a request brings waits here until all before it are out. That is
 * bounded: the window holds a few requests for each that may be under way,
 * one that is not the first stops asking for pages while WINDOW_AHEAD bytes
 * of it wait, and none but the first is asked while as much waits for each
 * that may be under way. Beyond that is only what was under way by then.
 *
 * Several are asked at once while all goes well. Until the first answer, and
 * while one is waited for to be tried again, they are asked one by one: a
 * login that is not good, a limit, a service that is out is met with one
 * request and not with many. A limit that is waited out is one of its bucket:
 * those of others are asked as before.
 */
#ifndef SP_HTTP_WINDOW_H
#define SP_HTTP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/client.h"
#include "http/held.h"
#include "http/pages.h"
#include "http/request.h"
#include "stream/record.h"

#define WINDOW_PARALLEL_MAX 64
#define WINDOW_AHEAD ((size_t)1 << 20)

/* An answer that waits to come out. */
struct page {
	struct page *next;
	uint64_t number;
	enum page_kind kind;
	int status;
	int64_t fetched_at;
	int64_t retry_at;	 /* 0 for none */
	char etag[ETAG_MAX + 1]; /* "" for none */
	struct buf url, body;
	bool linked;	    /* it is known which page follows */
	struct buf follows; /* that page's path and query, "" for none */
};

/* A request in the window. */
struct ask {
	struct record record; /* of `line` */
	struct request request;
	uint64_t number; /* of the input's line */
	size_t bucket;
	struct pages pages;
	struct answer answer; /* the last one */
	bool ended;	      /* nothing of it is asked any more */
	bool unasked;	      /* ended because it may not be asked */
	const char *code;     /* why it is refused, short and fixed, or NULL */
	char why[700];	      /* the same in words */

	struct buf line, scratch; /* private from here */
	struct get get;
	struct held held; /* of the page being asked */
	bool begun;
	struct page *first, **last; /* that wait, oldest first */
	size_t waiting;		    /* bytes of theirs */
};

struct window {
	struct client *client;	  /* borrowed, as is the API */
	const struct origin *api; /* known once something may be asked */
	size_t parallel;	  /* requests asked at once, 1 to the maximum */
	uint64_t max_pages;	  /* of one request */
	size_t max_body;	  /* bytes */

	/*
	 * Asked before each request to the API. False if it may not be made
	 * any more: then the ask has been refused.
	 */
	bool (*may_ask)(void *ctx, struct ask *);
	/*
	 * Told of each answer as it comes, before its turn to come out, and
	 * of a chain of pages that is refused: what is not to be asked any
	 * more is decided here.
	 */
	void (*on_answer)(void *ctx, struct ask *);
	void *ctx;

	struct ask *asks; /* private from here */
	size_t size, head, count;
	bool proven; /* the API has answered, and since then always */
};

/* Make room, once the members above are set; false without memory. */
bool window_init(struct window *);
void window_release(struct window *);

bool window_is_full(const struct window *);
bool window_is_empty(const struct window *);

/*
 * Put in a copy of a request record, read from the input's line `number`;
 * there must be room. False without memory.
 */
bool window_add(struct window *, const struct record *, uint64_t number);

/*
 * Ask what may be asked, and wait until something has happened or the file
 * descriptor, unless it is -1, can be read.
 */
void window_turn(struct window *, int fd);

/* The first request; NULL if there is none. */
struct ask *window_first(struct window *);

/* Take the first one out, which has ended and of which no page waits. */
void window_pop(struct window *);

/* The next page of the first request; free it with page_free. NULL: none. */
struct page *ask_take_page(struct ask *);
void page_free(struct page *);

/* The reason where there is no memory, and nothing wrong with the request. */
extern const char ask_no_memory[];

/* End it as refused, for a short fixed reason, and in words. */
void ask_refuse(struct ask *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
