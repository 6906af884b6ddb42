#include "http/retry.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/os.h"
#include "http/error.h"
#include "http/transfer.h"
#include "json/json.h"

#define RETRY_WAIT_MAX ((int64_t)366 * 86400 * 1000)

static struct slice trim(struct slice s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		s = slice_from(s, 1);
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* Each of its three forms begins with a day's name. */
bool http_date_parse(struct slice s, int64_t *ms)
{
	char text[64];
	time_t t;

	if (s.n < 8 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n) ||
	    !strchr("MTWFS", *s.p))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	t = curl_getdate(text, NULL);
	*ms = (int64_t)t * 1000;
	return t >= 0;
}

bool retry_after_parse(struct slice value, int64_t now, int64_t *wait)
{
	struct slice s = trim(value);
	int64_t at, seconds;

	if (all_digits(s)) {
		*wait = RETRY_WAIT_MAX;
		if (number_parse(s, &seconds) &&
		    seconds < RETRY_WAIT_MAX / 1000)
			*wait = seconds * 1000;
		return true;
	}
	if (!http_date_parse(s, &at))
		return false;
	*wait = at > now ? at - now : 0;
	if (*wait > RETRY_WAIT_MAX)
		*wait = RETRY_WAIT_MAX;
	return true;
}

void retry_set_deadline(struct error *e, const struct response *r,
    int64_t least, const char *whose, const char *more)
{
	int64_t wait = r->retry_after;
	char until[CLOCK_TEXT] = "some time", why[64] = "no Retry-After";

	if (wait > RETRY_AFTER_MAX)
		snprintf(why, sizeof(why),
		    "retry after more than 48 h: taken as 48 h");
	else if (wait >= 0)
		snprintf(why, sizeof(why), "retry after %" PRId64 " s",
		    (wait + 999) / 1000);
	if (wait > RETRY_AFTER_MAX)
		wait = RETRY_AFTER_MAX;
	if (wait < least)
		wait = least;
	clock_format(r->done_at + wait, until);
	error_set(e, EX_TEMPFAIL, "%s%s until %s (%s)%s", whose,
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

/* Anything from 0 to longest. */
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

	if (r->count >= policy->retries)
		return false;
	ms = jitter(retry_backoff(policy->backoff, r->count));
	if (ms < at_least)
		ms = at_least;
	r->count++;
	*wait = ms;
	if (!why || !policy->report)
		return true;
	snprintf(what, sizeof(what),
	    "%s: waiting %" PRId64 ".%" PRId64 " s, retry %d of %d", why,
	    ms / 1000, ms % 1000 / 100, r->count, policy->retries);
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
