#include "rehearse/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

const char *moment_text(int64_t ms, char *text)
{
	int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
	int year, month, day;

	if (rest < 0) {
		rest += DAY_MS;
		days--;
	}
	date_of(days, &year, &month, &day);
	snprintf(text, MOMENT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    year % 10000, month, day, (int)(rest / 3600000),
	    (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
	    (int)(rest % 1000));
	return text;
}

/* Exactly n digits, moving *text on. */
static bool digits(const char **text, int n, int *value)
{
	*value = 0;
	for (; n > 0; n--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*value = *value * 10 + (**text - '0');
	}
	return true;
}

static bool skip(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

bool moment_read(const char *t, int64_t *ms)
{
	int year, month, day, hour, minute, second = 0, fraction = 0, one;

	if (!digits(&t, 4, &year) || !skip(&t, '-') || !digits(&t, 2, &month) ||
	    !skip(&t, '-') || !digits(&t, 2, &day) || !skip(&t, 'T') ||
	    !digits(&t, 2, &hour) || !skip(&t, ':') || !digits(&t, 2, &minute))
		return false;
	if (skip(&t, ':') && !digits(&t, 2, &second))
		return false;
	if (skip(&t, '.')) {
		for (int unit = 100; digits(&t, 1, &one); unit /= 10)
			fraction += one * unit;
	}
	if (!skip(&t, 'Z') || *t != '\0')
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	*ms = days_of(year, month, day) * DAY_MS + hour * HOUR_MS +
	      minute * 60000 + second * 1000 + fraction;
	return true;
}

bool span_read(const char *text, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", HOUR_MS},
	    {"d", DAY_MS}};
	char *end;
	long n;

	if (*text < '0' || *text > '9')
		return false;
	n = strtol(text, &end, 10);
	if (n > 100000000)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) == 0) {
			*ms = n * units[i].ms;
			return true;
		}
	}
	return false;
}

static int64_t read_clock(clockid_t id)
{
	struct timespec ts = {0};

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t moment_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t moment_steady(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
