/* Times and durations: known ones, all days, chance ones, and no times. */
#include "unit/tap.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define DAY INT64_C(86400000)

static void test_known(void)
{
	static const struct {
		int64_t ms;
		const char *text;
	} known[] = {
	    {0, "1970-01-01T00:00:00.000Z"},
	    {-1, "1969-12-31T23:59:59.999Z"},
	    {951782400000, "2000-02-29T00:00:00.000Z"},
	    {951868799999, "2000-02-29T23:59:59.999Z"},
	    {951868800000, "2000-03-01T00:00:00.000Z"},
	    {1709164800000, "2024-02-29T00:00:00.000Z"},
	    {1763793600123, "2025-11-22T06:40:00.123Z"},
	    {2147483648000, "2038-01-19T03:14:08.000Z"},
	    {4107542399000, "2100-02-28T23:59:59.000Z"},
	    {4107542400000, "2100-03-01T00:00:00.000Z"},
	    {-62167219200000, "0000-01-01T00:00:00.000Z"},
	    {253402300799999, "9999-12-31T23:59:59.999Z"},
	};
	char text[CLOCK_TEXT];
	int64_t ms;

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		ok(clock_format(known[i].ms, text), "a time is written");
		is_text(slice_of(text), known[i].text, "as it should");
		ok(clock_parse(slice_of(text), &ms), "and is read");
		is_int(ms, known[i].ms, "as what it was");
	}
	ok(!clock_format(253402300800000, text), "no year 10000");
	ok(!clock_format(-62167219200001, text), "no year before 0");
	ok(!clock_format(INT64_MAX, text) && !clock_format(INT64_MIN, text),
	    "nor any absurd one");
}

static void test_forms(void)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
	    {"1970-01-01T00:00:01Z", 1000},
	    {"1970-01-01T00:00:00.5Z", 500},
	    {"1970-01-01T00:00:00.05Z", 50},
	    {"1970-01-01T00:00:00.1239Z", 123},
	    {"1970-01-01T00:00:00.999999999Z", 999},
	    {"1970-01-01T00:00:00.000000001Z", 0},
	    {"1970-01-01T01:00:00+01:00", 0},
	    {"1969-12-31T18:30:00-05:30", 0},
	    {"1970-01-01T00:00:00.250-00:00", 250},
	    {"1970-01-01T23:59:00+23:59", 0},
	    {"1998-12-31T23:59:60Z", 915148800000},
	};
	static const char *const bad[] = {"", "1970", "1970-01-01",
	    "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-01-01T00:00Z",
	    "1970-1-01T00:00:00Z", "1970-00-01T00:00:00Z",
	    "1970-13-01T00:00:00Z", "1970-01-00T00:00:00Z",
	    "1970-01-32T00:00:00Z", "1970-04-31T00:00:00Z",
	    "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
	    "2100-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
	    "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z",
	    "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.1234567890Z",
	    "1970-01-01T00:00:00,5Z", "1970-01-01T00:00:00+0100",
	    "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+00:60",
	    "1970-01-01T00:00:00+01:0", "1970-01-01T00:00:00Z ",
	    " 1970-01-01T00:00:00Z", "1970-01-01T00:00:00ZZ",
	    "+1970-01-01T00:00:00Z", "19700-01-01T00:00:00Z",
	    "1970-01-01T00:00:-1Z", "1970-01-01T-0:00:00Z",
	    "0x70-01-01T00:00:00Z"};
	int64_t ms;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		ms = -42;
		ok(clock_parse(slice_of(good[i].text), &ms), "%s is a time",
		    good[i].text);
		is_int(ms, good[i].ms, "the right one");
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ok(!clock_parse(slice_of(bad[i]), &ms), "'%s' is none", bad[i]);
	ok(!clock_parse((struct slice){"1970-01-01T00:00:00Z", 19}, &ms),
	    "nothing past a slice's end is read");
}

/* Every day of ten thousand years follows the one before. */
static void test_days(void)
{
	static const char days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y = 0, m = 1, d = 1, bad = 0;

	for (int64_t ms = -62167219200000; y < 10000 && !bad; ms += DAY) {
		bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
		char text[CLOCK_TEXT], want[64];
		int64_t back;

		snprintf(want, sizeof(want), "%04d-%02d-%02dT00:00:00.000Z", y,
		    m, d);
		if (!clock_format(ms, text) || strcmp(text, want) != 0 ||
		    !clock_parse(slice_of(text), &back) || back != ms)
			bad = y * 10000 + m * 100 + d;
		if (++d > days[m - 1] + (m == 2 && leap)) {
			d = 1;
			if (++m > 12) {
				m = 1;
				y++;
			}
		}
	}
	is_int(bad, 0, "every day from 0000 to 9999 has its date");
}

/* Times as people write them, each in a zone, seen from one instant. */
static void test_local(void)
{
	static const char now_text[] = "2026-11-22T23:30:00Z";
	static const struct {
		const char *zone, *text, *utc, *end; /* NULL: the same */
	} good[] = {
	    {"UTC", "2026-11-20T14:55:00Z", "2026-11-20T14:55:00.000Z", NULL},
	    {"UTC", "2026-11-20 14:55", "2026-11-20T14:55:00.000Z", NULL},
	    {"UTC", "2026-11-20", "2026-11-20T00:00:00.000Z",
		"2026-11-21T00:00:00.000Z"},
	    {"UTC", "now", "2026-11-22T23:30:00.000Z", NULL},
	    {"UTC", "0", "2026-11-22T23:30:00.000Z", NULL},
	    {"UTC", "7d", "2026-11-15T23:30:00.000Z", NULL},
	    {"UTC", "90m", "2026-11-22T22:00:00.000Z", NULL},
	    {"UTC", "today", "2026-11-22T00:00:00.000Z",
		"2026-11-23T00:00:00.000Z"},
	    {"UTC", "yesterday", "2026-11-21T00:00:00.000Z",
		"2026-11-22T00:00:00.000Z"},
	    /* There it is the 23rd already, or still the 22nd. */
	    {"Europe/Berlin", "today", "2026-11-22T23:00:00.000Z",
		"2026-11-23T23:00:00.000Z"},
	    {"America/New_York", "yesterday", "2026-11-21T05:00:00.000Z",
		"2026-11-22T05:00:00.000Z"},
	    {"Asia/Kolkata", "2026-11-20", "2026-11-19T18:30:00.000Z",
		"2026-11-20T18:30:00.000Z"},
	    {"Asia/Kolkata", "2026-11-20 14:55:10.5",
		"2026-11-20T09:25:10.500Z", NULL},
	    {"Asia/Kolkata", "2026-11-20 14:55Z", "2026-11-20T14:55:00.000Z",
		NULL},
	    {"Asia/Kolkata", "2026-11-20T14:55+01:00",
		"2026-11-20T13:55:00.000Z", NULL},
	    {"Asia/Kolkata", "1969-12-31 12:00", "1969-12-31T06:30:00.000Z",
		NULL},
	    /* Days of 23 and of 25 hours. */
	    {"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z",
		"2026-03-29T22:00:00.000Z"},
	    {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z",
		"2026-10-25T23:00:00.000Z"},
	    /* The clock skips 2:30, and shows it twice. */
	    {"Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:30:00.000Z",
		NULL},
	    {"Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00.000Z",
		NULL},
	    {"Europe/Berlin", "2026-10-25 03:00", "2026-10-25T02:00:00.000Z",
		NULL},
	    /* There is no midnight, or there are two of them. */
	    {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z",
		"2018-11-05T02:00:00.000Z"},
	    {"America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00.000Z",
		"2018-11-04T03:00:00.000Z"},
	    {"Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00.000Z",
		"2026-10-26T01:00:00.000Z"},
	    /* The day that Samoa left out. */
	    {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z",
		"2011-12-30T10:00:00.000Z"},
	};
	static const char *const bad[] = {"", "noon", "Today", "7", "7 d",
	    "-7d", "2026", "2026-11", "2026-11-31", "2026-11-20T",
	    "2026-11-20 ", "2026-11-20 14", "2026-11-20 24:00",
	    "2026-11-20 14:55 ", "2026-11-20  14:55", "2026-11-20 14:55:60.",
	    "2026-11-20Z", "20 Nov 2026", "99999999999999999999d"};
	char text[CLOCK_TEXT];
	int64_t now, ms;

	clock_parse(slice_of(now_text), &now);
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const char *end = good[i].end ? good[i].end : good[i].utc;

		setenv("TZ", good[i].zone, 1);
		ok(clock_parse_local(slice_of(good[i].text), now, false, &ms) &&
			clock_format(ms, text),
		    "%s in %s is a time", good[i].text, good[i].zone);
		is_text(slice_of(text), good[i].utc, "the right one");
		ok(clock_parse_local(slice_of(good[i].text), now, true, &ms) &&
			clock_format(ms, text),
		    "and as an end");
		is_text(slice_of(text), end, "the right one");
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ok(!clock_parse_local(slice_of(bad[i]), now, false, &ms),
		    "'%s' is none", bad[i]);
}

static void test_chance(void)
{
	uint64_t x = 20261122;
	int bad = 0;

	for (int i = 0; i < 100000; i++) {
		char text[CLOCK_TEXT];
		int64_t ms, back = 0;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		ms = (int64_t)(x % UINT64_C(315569520000000)) - 62167219200000;
		if (!clock_format(ms, text) ||
		    !clock_parse(slice_of(text), &back) || back != ms)
			bad++;
	}
	is_int(bad, 0, "times by chance survive");
}

static void test_durations(void)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"0", 0}, {"0s", 0}, {"00", 0}, {"500ms", 500},
	    {"90s", 90000}, {"30m", 1800000}, {"6h", 21600000},
	    {"7d", 604800000}, {"2w", 1209600000},
	    {"9223372036854775807ms", INT64_MAX},
	    {"9223372036854775s", 9223372036854775000}};
	static const char *const bad[] = {"", "s", "5", "-1s", "+1s", "1.5s",
	    "1 s", "1S", "1M", "1min", "1y", "1ss", "1sm", " 1s", "1s ",
	    "9223372036854776s", "9223372036854775808ms",
	    "99999999999999999999ms", "15250284453w", "0x1s"};
	int64_t ms;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		ms = -42;
		ok(clock_parse_duration(slice_of(good[i].text), &ms),
		    "%s is a duration", good[i].text);
		is_int(ms, good[i].ms, "the right one");
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ok(!clock_parse_duration(slice_of(bad[i]), &ms), "'%s' is none",
		    bad[i]);
}

int main(void)
{
	int64_t before = clock_monotonic();

	test_known();
	test_forms();
	test_days();
	test_local();
	test_chance();
	test_durations();
	ok(llabs(clock_now() / 1000 - (int64_t)time(NULL)) <= 1,
	    "now is the system's now");
	ok(clock_monotonic() >= before, "spans are not negative");
	return tap_done();
}
