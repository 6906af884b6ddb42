#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/array.h"
#include "base/number.h"

static int64_t clock_read(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec * CLOCK_SECOND + ts.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
	return clock_read(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era;
	unsigned doe, yoe, doy, mp;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = (unsigned)(days - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int64_t)yoe + era * 400 + (*m <= 2);
}

bool clock_format(int64_t ms, char text[CLOCK_TEXT])
{
	int64_t days = ms / CLOCK_DAY, rest = ms % CLOCK_DAY, y;
	unsigned m, d, r;

	if (rest < 0) {
		rest += CLOCK_DAY;
		days--;
	}
	civil_from_days(days, &y, &m, &d);
	if (y < 0 || y > 9999)
		return false;
	r = (unsigned)rest;
	snprintf(text, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	    (unsigned)y % 10000, m % 100, d % 100, r / 3600000 % 100,
	    r / 60000 % 60, r / 1000 % 60, r % 1000);
	return true;
}

/* Cut a number of just so many decimal digits off the front. */
static bool cut_number(struct slice *s, int digits, unsigned *value)
{
	unsigned v = 0;

	if (s->n < (size_t)digits)
		return false;
	for (int i = 0; i < digits; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s->p[i] - '0');
	}
	*s = slice_from(*s, (size_t)digits);
	*value = v;
	return true;
}

static bool cut_char(struct slice *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	*s = slice_from(*s, 1);
	return true;
}

static unsigned days_in_month(unsigned y, unsigned m)
{
	static const unsigned char days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return days[m - 1] + (m == 2 && leap);
}

static bool cut_date(struct slice *s, int64_t *days)
{
	unsigned y, m, d;

	if (!cut_number(s, 4, &y) || !cut_char(s, '-') ||
	    !cut_number(s, 2, &m) || !cut_char(s, '-') || !cut_number(s, 2, &d))
		return false;
	if (m < 1 || m > 12 || d < 1 || d > days_in_month(y, m))
		return false;
	*days = days_from_civil(y, m, d);
	return true;
}

/* A fraction of up to nine digits, cut to milliseconds. */
static bool cut_fraction(struct slice *s, unsigned *ms)
{
	unsigned scale = 100, digit, count = 0;

	*ms = 0;
	while (cut_number(s, 1, &digit)) {
		*ms += digit * scale;
		scale /= 10;
		if (++count > 9)
			return false;
	}
	return count > 0;
}

/* 'Z', or an offset from UTC in minutes. */
static bool cut_zone(struct slice *s, int *minutes)
{
	unsigned h, m;
	int sign;

	*minutes = 0;
	if (cut_char(s, 'Z'))
		return true;
	sign = cut_char(s, '-') ? -1 : cut_char(s, '+') ? 1 : 0;
	if (!sign || !cut_number(s, 2, &h) || !cut_char(s, ':') ||
	    !cut_number(s, 2, &m) || h > 23 || m > 59)
		return false;
	*minutes = sign * (int)(h * 60 + m);
	return true;
}

/* The time of a day, in ms; with `minutes_too` it may be without seconds. */
static bool cut_time(struct slice *s, bool minutes_too, int64_t *ms)
{
	unsigned h, m, sec = 0, frac = 0;

	if (!cut_number(s, 2, &h) || !cut_char(s, ':') ||
	    !cut_number(s, 2, &m) || h > 23 || m > 59)
		return false;
	if (cut_char(s, ':')) {
		if (!cut_number(s, 2, &sec) || sec > 60 ||
		    (cut_char(s, '.') && !cut_fraction(s, &frac)))
			return false;
	} else if (!minutes_too) {
		return false;
	}
	*ms = ((int64_t)h * 60 + m) * CLOCK_MINUTE + sec * CLOCK_SECOND + frac;
	return true;
}

bool clock_parse(struct slice s, int64_t *ms)
{
	int64_t days, time;
	int zone;

	if (!cut_date(&s, &days) || !cut_char(&s, 'T') ||
	    !cut_time(&s, false, &time) || !cut_zone(&s, &zone) || s.n != 0)
		return false;
	*ms = days * CLOCK_DAY + time - zone * CLOCK_MINUTE;
	return true;
}

/* What local clocks are ahead of UTC at a time, in ms; 0 if it is unknown. */
static int64_t offset_at(int64_t ms)
{
	time_t seconds =
	    (time_t)(ms / CLOCK_SECOND - (ms % CLOCK_SECOND < 0 ? 1 : 0));
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return 0;
	return (days_from_civil((int64_t)tm.tm_year + 1900,
		    (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday) *
		       86400 +
		   tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec - seconds) *
	       CLOCK_SECOND;
}

/*
 * The time when local clocks show `local`, ms since 1970 there. Before a change
 * the offset is that of the day before, and if the clock skips the time, too.
 */
static int64_t from_local(int64_t local)
{
	int64_t before = offset_at(local - CLOCK_DAY);
	int64_t after = offset_at(local + CLOCK_DAY);

	if (offset_at(local - before) != before &&
	    offset_at(local - after) == after)
		return local - after;
	return local - before;
}

/* A local day, so many days from the one of a time. */
static int64_t day_of(int64_t ms, int more)
{
	int64_t local = ms + offset_at(ms), rest = local % CLOCK_DAY;

	return from_local(
	    local - rest - (rest < 0 ? CLOCK_DAY : 0) + more * CLOCK_DAY);
}

bool clock_parse_local(struct slice s, int64_t now, bool ends, int64_t *ms)
{
	int64_t days, time = 0;
	int zone;

	tzset();
	if (clock_parse_duration(s, ms)) {
		*ms = now - *ms;
		return true;
	}
	if (slice_is(s, "now"))
		*ms = now;
	else if (slice_is(s, "today"))
		*ms = day_of(now, ends);
	else if (slice_is(s, "yesterday"))
		*ms = day_of(now, ends - 1);
	else if (!cut_date(&s, &days))
		return false;
	else if (s.n == 0)
		*ms = from_local((days + ends) * CLOCK_DAY);
	else if ((!cut_char(&s, 'T') && !cut_char(&s, ' ')) ||
		 !cut_time(&s, true, &time))
		return false;
	else if (s.n == 0)
		*ms = from_local(days * CLOCK_DAY + time);
	else if (cut_zone(&s, &zone) && s.n == 0)
		*ms = days * CLOCK_DAY + time - zone * CLOCK_MINUTE;
	else
		return false;
	return true;
}

bool clock_parse_duration(struct slice s, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", CLOCK_SECOND}, {"m", CLOCK_MINUTE},
	    {"h", CLOCK_HOUR}, {"d", CLOCK_DAY}, {"w", 7 * CLOCK_DAY}};
	struct slice unit = s;
	int64_t value;

	while (unit.n > 0 && *unit.p >= '0' && *unit.p <= '9')
		unit = slice_from(unit, 1);
	s.n -= unit.n;
	if (!number_parse(s, &value))
		return false;
	if (unit.n == 0 && value == 0) {
		*ms = 0;
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (slice_is(unit, units[i].name) &&
		    value <= INT64_MAX / units[i].ms) {
			*ms = value * units[i].ms;
			return true;
		}
	return false;
}
