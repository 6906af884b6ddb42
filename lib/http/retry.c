#include "http/retry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/os.h"
#include "http/error.h"
#include "http/transfer.h"

void retry_set_deadline(struct error *e, const struct response *r,
    int64_t least, const char *whose, const char *more)
{
	int64_t wait = r->retry_after;
	char until[CLOCK_TEXT] = "some time";
	const char *why = wait < 0 ? " (no Retry-After)" : "";

	if (wait > RETRY_AFTER_MAX) {
		why = " (retry after more than 48 h: taken as 48 h)";
		wait = RETRY_AFTER_MAX;
	}
	if (wait < least)
		wait = least;
	clock_format(r->done_at + wait, until);
	error_set(e, EX_TEMPFAIL, "%s%s: try again at %s%s%s", whose,
	    r->status == 429 ? "rate limited" : "service unavailable", until,
	    why, more);
	e->until = r->done_at + wait;
}

int64_t retry_backoff(int64_t base, int count)
{
	int64_t longest = base;

	while (count-- > 0 && longest < BACKOFF_CAP)
		longest *= 2;
	return longest < BACKOFF_CAP ? longest : BACKOFF_CAP;
}

/* A random wait from 0 to the longest. */
static int64_t jitter(int64_t longest)
{
	uint32_t random;

	if (!os_random(&random, sizeof(random)))
		return longest;
	return (int64_t)random % (longest + 1);
}

static void sleep_ms(int64_t ms)
{
	struct timespec left = {
	    .tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000,
	};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

bool retry_next(
    struct retry *r, int64_t at_least, const char *why, int64_t *wait)
{
	const struct retry_policy *policy = r->policy;
	int64_t ms;
	char what[512];
	bool known;

	if (r->count >= policy->retries)
		return false;
	ms = jitter(retry_backoff(policy->backoff, r->count));
	if (ms < at_least)
		ms = at_least;
	r->count++;
	*wait = ms;
	if (!why || !policy->report)
		return true;
	known = strncmp(r->why, why, sizeof(r->why) - 1) == 0;
	snprintf(r->why, sizeof(r->why), "%s", why);
	snprintf(what, sizeof(what),
	    "%s%swaiting %" PRId64 ".%" PRId64 " s, retry %d of %d",
	    known ? "" : why, known ? "" : ": ", ms / 1000, ms % 1000 / 100,
	    r->count, policy->retries);
	policy->report(policy->ctx, r->url, what);
	return true;
}

bool retry_wait(struct retry *r, int64_t at_least, const char *why)
{
	int64_t ms;

	if (!retry_next(r, at_least, why, &ms))
		return false;
	sleep_ms(ms);
	return true;
}
