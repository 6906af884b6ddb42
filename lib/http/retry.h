/*
 * When to try again: after the server's Retry-After, or else after exponential
 * backoff with full jitter, so that many clients do not retry at once.
 */
#ifndef SP_HTTP_RETRY_H
#define SP_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define BACKOFF_CAP 30000 /* ms; the longest backoff */

/*
 * ms; a longer Retry-After is capped. Some servers send the time of the
 * deadline, or a huge number for no deadline.
 */
#define RETRY_AFTER_MAX ((int64_t)48 * 3600 * 1000)

struct retry_policy {
	int retries;	  /* maximum for one request */
	int64_t backoff;  /* ms, maximum of the first wait */
	int64_t max_wait; /* ms, maximum Retry-After that is waited out */

	/*
	 * Called before each wait; `what` is "HTTP 503: waiting 0.4 s, …".
	 * The url is NULL if it is about something else.
	 */
	void (*report)(void *ctx, const char *url, const char *what);
	void *ctx;
};

/*
 * ms; the API counts requests in a window of this length: how long a limit is
 * taken to last at least, without a Retry-After or after one that was waited
 * for in vain.
 */
#define RETRY_AFTER_MIN 30000

/* The retries of one request. */
struct retry {
	const struct retry_policy *policy;
	const char *url; /* for report */
	int count;	 /* waits so far */
};

/*
 * Set *wait, in ms and at least `at_least`, before the next try; `why` is
 * reported unless NULL. False if all retries are used up.
 */
bool retry_next(
    struct retry *, int64_t at_least, const char *why, int64_t *wait);

/* The same, but waits. */
bool retry_wait(struct retry *, int64_t at_least, const char *why);

/*
 * Read an HTTP-date, RFC 9110 section 5.6.7, as ms since 1970; false if it is
 * none, or before 1970.
 */
bool http_date_parse(struct slice, int64_t *ms);

/*
 * Read a Retry-After header, RFC 9110 section 10.2.3: seconds, or a date.
 * `now` in ms since 1970; the wait is in ms, 0 for a past date, and a year at
 * most. False if it is neither.
 */
bool retry_after_parse(struct slice value, int64_t now, int64_t *wait);

/*
 * Set the error of a response that says to come back later, 75: the deadline,
 * which is its Retry-After, up to RETRY_AFTER_MAX, and at least so many ms
 * away, and a message with `whose` before it and `more` after it.
 */
struct error;
struct response;
void retry_set_deadline(struct error *, const struct response *, int64_t least,
    const char *whose, const char *more);

/* The longest wait before try number `count` from 0, in ms. */
int64_t retry_backoff(int64_t base, int count);

#endif
