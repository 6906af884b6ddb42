/*
 * The scheduler: sends several requests at once, and returns their pages in the
 * order of the input.
 *
 * A task is a request of the stream. For each of its pages there is one
 * api_request, which ends with a result: its last response, or an error.
 *
 * Pages wait in a reorder buffer until all tasks before theirs are complete.
 * Its memory is bounded. A task other than the first requests no more pages
 * while REORDER_BUFFER_MAX bytes of it wait. While that many wait for each
 * transfer that may be in flight, only the first task does. Transfers in flight
 * by then may exceed this.
 *
 * Requests are sent in parallel while all goes well. Until the first response,
 * and while one waits to be retried, they are sent one at a time, so that a bad
 * login, a rate limit or a service that is down is met by one request and not
 * by many. During the wait for a rate limit, this holds for its bucket only;
 * and it always does for requests in the background.
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

/* A request of the stream, with its pages. */
struct task {
	struct record record; /* of `line` */
	struct request_record request;
	size_t bucket;
	struct pages pages;
	struct result result; /* of the last page */
	enum denial denied;   /* what that refuses */
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
	 * Called with each result as it arrives, out of order. The task is
	 * refused already if its next page cannot be requested.
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

/* The first task; NULL if there is none. */
struct task *scheduler_first(struct scheduler *);

/* Remove the first task, which has ended, and has no page left. */
void scheduler_pop(struct scheduler *);

/* Remove the next page of a task; NULL if none waits. The caller frees it. */
struct fetched_page *task_take_page(struct task *);
void fetched_page_free(struct fetched_page *);

/*
 * The refusal code for a list that ends before its total. Its entries are good,
 * and an immediate retry would bring no more.
 */
extern const char task_short_list[];

/* End a task as refused, with a fixed code, and a reason for people. */
void task_refuse(struct task *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
