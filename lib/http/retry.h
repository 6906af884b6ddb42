/*
 * When to ask again: what a server's Retry-After says, and else exponential
 * backoff with full jitter, so that many clients do not come back at once.
 */
#ifndef SP_HTTP_RETRY_H
#define SP_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define BACKOFF_CAP 30000 /* ms; no wait of one's own choosing is longer */

struct retry_policy {
	int retries;	  /* at most, for one request */
	int64_t backoff;  /* ms, the longest first wait */
	int64_t max_wait; /* ms, the longest Retry-After that is waited out */

	/*
	 * Told before each wait; `what` is "HTTP 503: waiting 0.4 s, …". The
	 * url is NULL where it is about something else.
	 */
	void (*tell)(void *ctx, const char *url, const char *what);
	void *ctx;
};

/* One request's tries. */
struct retry {
	const struct retry_policy *policy;
	const char *url; /* as tell is to name it */
	int count;	 /* of waits so far */
};

/*
 * How long to wait before the next try, in ms, and at least for this long;
 * `why` is told, unless it is NULL. False if there have been as many tries as
 * there may be.
 */
bool retry_next(
    struct retry *, int64_t at_least, const char *why, int64_t *wait);

/* The same, and wait. */
bool retry_wait(struct retry *, int64_t at_least, const char *why);

/*
 * Read a Retry-After header, RFC 9110 section 10.2.3: seconds, or a date.
 * `now` in ms since 1970; the wait is in ms, 0 for a date gone by, and a year
 * at most. False if it is neither.
 */
bool retry_after_parse(struct slice value, int64_t now, int64_t *wait);

/* The longest wait before try number `count` from 0, in ms. */
int64_t retry_backoff(int64_t base, int count);

#endif
