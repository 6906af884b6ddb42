/*
 * The scheduler: sends several requests at once, and returns their pages in the
 * order of the input.
 *
 * The pages of a request wait in a reorder buffer until all requests before it
 * are complete. Their memory is bounded: there is room for a few requests for
 * each that may be in flight; a request other than the first gets no more pages
 * while REORDER_BUFFER_MAX bytes of it wait; and while REORDER_BUFFER_MAX bytes
 * for each that may be in flight wait in all, only the first request gets more.
 * Transfers in flight by then may exceed this.
 *
 * Requests are sent in parallel while all goes well. Until the first response,
 * and while one waits to be retried, they are sent one at a time, so that a bad
 * login, a rate limit or a service that is down is met by one request and not
 * by many. While a rate limit is waited out, this holds for its bucket only:
 * requests of other buckets are sent as before.
 */
#ifndef SP_API_SCHEDULER_H
#define SP_API_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/capture.h"
#include "api/client.h"
#include "api/pages.h"
#include "api/request.h"
#include "stream/record.h"

#define SCHEDULER_PARALLEL_MAX 64
#define REORDER_BUFFER_MAX ((size_t)1 << 20)

/* A page in the reorder buffer. */
struct fetched_page {
	struct fetched_page *next; /* that waits for the same request */
	struct capture capture;	   /* but its seq and user; of these bufs: */
	struct buf url, body;
	struct buf follows; /* the next page's path and query, or "" */
};

/* A request of the stream, with all its pages. */
struct task {
	struct record record; /* of `line` */
	struct request_record request;
	size_t bucket;
	struct pages pages;
	struct result result; /* the last one */
	enum denial denied;   /* what it refuses */
	bool ended;	      /* no more requests are sent for it */
	bool unsent;	      /* ended because it may not be sent */
	const char *code;     /* the refusal code, or NULL */
	char why[700];	      /* the reason, for people */

	struct buf line, scratch; /* private from here */
	struct api_request api_request;
	bool begun;
	struct fetched_page *first, **last; /* waiting pages, oldest first */
	size_t buffered;		    /* bytes of them */
};

struct scheduler {
	struct client *client;	  /* borrowed, as is the API */
	const struct origin *api; /* set once requests may be sent */
	size_t parallel;	  /* requests sent at once, 1 to the maximum */
	uint64_t max_pages;	  /* of one request */
	size_t max_body;	  /* bytes */

	/*
	 * Called before each request to the API. False if it may not be sent:
	 * then the callback has refused the task.
	 */
	bool (*may_send)(void *ctx, struct task *);
	/*
	 * Called with each result as it arrives, out of order, and with a next
	 * page that is refused; it may decide that nothing more is to be sent.
	 */
	void (*on_result)(void *ctx, struct task *);
	void *ctx;

	struct task *tasks; /* private from here */
	size_t size, head, count;
	bool healthy; /* the last response was usable */
};

/* Allocate, once the members above are set. */
void scheduler_init(struct scheduler *);
void scheduler_release(struct scheduler *);

bool scheduler_is_full(const struct scheduler *);
bool scheduler_is_empty(const struct scheduler *);

/*
 * Add a copy of a request record, within a run or outside; the scheduler must
 * not be full.
 */
void scheduler_add(struct scheduler *, const struct record *, bool in_run);

/*
 * Send the requests that may be sent, and wait until something has happened or
 * the file descriptor, unless it is -1, is readable.
 */
void scheduler_step(struct scheduler *, int fd);

/* The first request; NULL if there is none. */
struct task *scheduler_first(struct scheduler *);

/* Remove the first one, which must have ended, with no page waiting. */
void scheduler_pop(struct scheduler *);

/* The next page of a request, or NULL; free it with fetched_page_free. */
struct fetched_page *task_take_page(struct task *);
void fetched_page_free(struct fetched_page *);

/*
 * The refusal code for a list that the service ends before all of its entries
 * came: the entries that came are good, and an immediate retry would bring no
 * more.
 */
extern const char task_short_list[];

/* End it as refused, with a fixed code, and a reason for people. */
void task_refuse(struct task *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
