#include "local_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static bool break_down(int64_t ms, struct tm *tm)
{
	time_t seconds = (time_t)(ms / CLOCK_SECOND);

	return localtime_r(&seconds, tm) != NULL;
}

bool local_time_format(int64_t ms, char text[LOCAL_TIME_TEXT])
{
	struct tm tm;

	return break_down(ms, &tm) &&
	       strftime(text, LOCAL_TIME_TEXT, "%Y-%m-%d %H:%M", &tm) > 0;
}

const char *local_time_day(int64_t ms, char text[LOCAL_TIME_TEXT])
{
	if (!local_time_format(ms, text))
		text[0] = '\0';
	text[strcspn(text, " ")] = '\0';
	return text;
}

void local_time_zone(int64_t ms, char text[LOCAL_TIME_TEXT])
{
	struct tm tm;

	if (!break_down(ms, &tm) ||
	    strftime(text, LOCAL_TIME_TEXT, "%Z", &tm) == 0)
		strcpy(text, "local");
}

void local_time_span(int64_t ms, char text[LOCAL_TIME_TEXT])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{CLOCK_DAY, "days"}, {CLOCK_HOUR, "hours"},
	    {CLOCK_MINUTE, "min"}, {CLOCK_SECOND, "s"}};
	size_t i = 0;

	/* A message about 48 h comes a little later, and still says 2 days. */
	while (i < 3 && ms < 2 * units[i].ms - units[i].ms / 60)
		i++;
	snprintf(text, LOCAL_TIME_TEXT, "%" PRId64 " %s",
	    (ms + units[i].ms / 2) / units[i].ms, units[i].name);
}

static void put_relative(int64_t ms, int64_t now, char text[LOCAL_TIME_TEXT])
{
	int64_t left = ms - now;
	char span[LOCAL_TIME_TEXT];

	local_time_span(left < 0 ? -left : left, span);
	snprintf(
	    text, LOCAL_TIME_TEXT, left < 0 ? "%.24s ago" : "in %.24s", span);
}

void local_time_relative(int64_t ms, char text[LOCAL_TIME_TEXT])
{
	put_relative(ms, clock_now(), text);
}

const char *local_time_deadline(
    int64_t ms, int64_t now, char text[LOCAL_TIME_TEXT])
{
	int64_t past = ms % CLOCK_MINUTE;
	int64_t minute = past > 0 ? ms - past + CLOCK_MINUTE : ms;
	char at[LOCAL_TIME_TEXT], today[LOCAL_TIME_TEXT], left[LOCAL_TIME_TEXT];
	const char *shown = at;

	*text = '\0';
	if (!local_time_format(minute, at))
		return text;
	local_time_day(now, today);
	if (strncmp(at, today, strlen(today)) == 0)
		shown += strlen(today) + 1;
	put_relative(ms, now, left);
	snprintf(text, LOCAL_TIME_TEXT, "%.24s, %.32s", shown, left);
	return text;
}

const char *local_time_message(
    struct slice message, int64_t now, struct buf *to)
{
	const size_t n = CLOCK_TEXT - 1;
	char text[LOCAL_TIME_TEXT];
	int64_t ms;

	while (message.n > 0) {
		bool found = message.n >= n && message.p[n - 1] == 'Z' &&
			     clock_parse((struct slice){message.p, n}, &ms);

		if (found && now == LOCAL_TIME_NOT_NOW)
			found = local_time_format(ms, text);
		else if (found)
			found = *local_time_deadline(ms, now, text) != '\0';
		if (found)
			buf_puts(to, text);
		else
			buf_putc(to, *message.p);
		message = slice_from(message, found ? n : 1);
	}
	return buf_message(to);
}
