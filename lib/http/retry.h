/*
 * The retry policy: when a request is sent again. The wait is the server's
 * Retry-After, or else exponential backoff with full jitter, so that many
 * clients do not retry at once. All pointers are borrowed.
 */
#ifndef SP_HTTP_RETRY_H
#define SP_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct error;
struct response;

#define BACKOFF_CAP 30000 /* ms; the longest backoff */

/*
 * ms; a longer Retry-After is capped. Some servers send the time of the
 * deadline, or a huge number for no deadline.
 */
#define RETRY_AFTER_MAX (48 * CLOCK_HOUR)

/*
 * ms; the length of the window in which the API counts requests. A limit lasts
 * at least this long if it has no Retry-After, or if it is still in force after
 * the wait.
 */
#define RETRY_AFTER_MIN 30000

struct retry_policy {
	int retries;	  /* maximum for one request */
	int64_t backoff;  /* ms, maximum of the first wait */
	int64_t max_wait; /* ms, a longer Retry-After is not waited for */

	/*
	 * Called before each wait; `what` is "HTTP 503: waiting 0.4 s, …".
	 * The url is NULL if the message is about no request.
	 */
	void (*report)(void *ctx, const char *url, const char *what);
	void *ctx;
};

/* The retries of one request. */
struct retry {
	const struct retry_policy *policy;
	const char *url; /* for report */
	int count;	 /* waits so far */
	char why[128];	 /* as last reported, cut */
};

/*
 * Set *wait, ms until the next try, to at least `at_least`. `why` is reported
 * unless it is NULL, in full only if it is another than the last time. False if
 * all retries are used up.
 */
bool retry_next(
    struct retry *, int64_t at_least, const char *why, int64_t *wait);

/* The same, and sleep for that long. */
bool retry_wait(struct retry *, int64_t at_least, const char *why);

/*
 * Set the error of a response that allows no further request until later: 75,
 * with its Retry-After as the deadline, from `least` ms to RETRY_AFTER_MAX
 * away. The message has `whose` before it and `more` after it.
 */
void retry_set_deadline(struct error *, const struct response *, int64_t least,
    const char *whose, const char *more);

/* The longest backoff, in ms, after `count` retries. */
int64_t retry_backoff(int64_t base, int count);

#endif
