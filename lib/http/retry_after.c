#include "http/retry_after.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/number.h"

/* A longer wait is shortened to this, ms. */
#define WAIT_MAX (366 * CLOCK_DAY)

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* All three formats of a date begin with the name of a day. */
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

bool retry_after_parse(struct slice s, int64_t now, int64_t *wait)
{
	int64_t at, seconds;

	if (all_digits(s)) {
		*wait = WAIT_MAX;
		if (number_parse(s, &seconds) && seconds < WAIT_MAX / 1000)
			*wait = seconds * 1000;
		return true;
	}
	if (!http_date_parse(s, &at))
		return false;
	*wait = at > now ? at - now : 0;
	if (*wait > WAIT_MAX)
		*wait = WAIT_MAX;
	return true;
}
