/* lib/report/time.sql reads times as clock_parse_local() does. */
#include "unit/tap.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"

/* 2026-11-22T23:30:00.123Z */
#define NOW INT64_C(1795390200123)

static const char *const zones[] = {"Europe/Berlin", "America/New_York",
    "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Apia", "Africa/Casablanca", "UTC"};

static sqlite3_stmt *prepare(sqlite3 *db)
{
	char sql[8192];
	FILE *file = fopen("lib/report/time.sql", "r");
	size_t n = file ? fread(sql, 1, sizeof(sql) - 1, file) : 0;
	sqlite3_stmt *time = NULL;

	if (file)
		fclose(file);
	sql[n] = '\0';
	sqlite3_prepare_v2(db, sql, (int)n, &time, NULL);
	return time;
}

static void bind(sqlite3_stmt *time, const char *name, int64_t value)
{
	sqlite3_bind_int64(
	    time, sqlite3_bind_parameter_index(time, name), value);
}

/* Whether both read a text alike; what differs is printed. */
static bool alike(sqlite3_stmt *time, const char *text, bool ends)
{
	char want[CLOCK_TEXT] = "";
	const char *got;
	int64_t ms;
	bool same;

	if (!clock_parse_local(slice_of(text), NOW, ends, &ms) ||
	    !clock_format(ms, want))
		want[0] = '\0';
	sqlite3_reset(time);
	sqlite3_bind_text(time, sqlite3_bind_parameter_index(time, ":text"),
	    text, -1, SQLITE_STATIC);
	bind(time, ":ends", ends);
	bind(time, ":now", NOW);
	got = sqlite3_step(time) == SQLITE_ROW
		  ? (const char *)sqlite3_column_text(time, 0)
		  : NULL;
	same = strcmp(got ? got : "", want) == 0;
	if (!same)
		fprintf(stderr, "#   '%s'%s in %s: SQL '%s', C '%s'\n", text,
		    ends ? " as an end" : "", getenv("TZ"), got ? got : "",
		    want);
	return same;
}

static int different(sqlite3_stmt *time, const char *text)
{
	return !alike(time, text, false) + !alike(time, text, true);
}

/* What local clocks are ahead of UTC, in minutes. */
static int offset(time_t at)
{
	struct tm local, utc;

	localtime_r(&at, &local);
	gmtime_r(&at, &utc);
	return (((local.tm_wday - utc.tm_wday + 10) % 7 - 3) * 24 +
		   local.tm_hour - utc.tm_hour) *
		   60 +
	       local.tm_min - utc.tm_min;
}

/* Every quarter of an hour around a change of clocks, and the days there. */
static int different_around(sqlite3_stmt *time, time_t change)
{
	int bad = 0;

	for (int quarter = -14; quarter <= 14; quarter++) {
		time_t at = change + (offset(change) + quarter * 15) * 60;
		struct tm tm;
		char text[32];

		gmtime_r(&at, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
		bad += different(time, text);
		if (quarter % 14 == 0) {
			text[10] = '\0';
			bad += different(time, text);
		}
	}
	return bad;
}

static void test_changes(sqlite3_stmt *time)
{
	int changes = 0;

	for (size_t i = 0; i < COUNT_OF(zones); i++) {
		int bad = 0;

		setenv("TZ", zones[i], 1);
		tzset();
		/* 2011, when one of them skipped a day, to 2020 */
		for (time_t at = 1293840000; at < 1609459200; at += 3600)
			if (offset(at) != offset(at - 3600)) {
				bad += different_around(time, at);
				changes++;
			}
		is_int(bad, 0, "%s: times where clocks change", zones[i]);
	}
	ok(changes > 100, "clocks change often enough");
}

/* Times, and times with a few characters changed, are read alike or not at all.
 */
static void test_forms(sqlite3_stmt *time)
{
	static const char *const forms[] = {"now", "today", "yesterday", "0",
	    "00", "7d", "500ms", "90m", "2w", "9223372036854775807ms",
	    "200000w", "99999999999999999999d", "2026-11-20", "2024-02-29",
	    "9999-12-31", "2026-11-20 14:55", "2026-11-20T14:55:00Z",
	    "1998-12-31T23:59:60Z", "2026-11-20 14:55:10.1239999",
	    "2026-11-20T14:55:00.999999999-03:30", "2026-11-20T14:55+23:59"};
	static const char letters[] = "0123456789-+:. TZdhmsw";
	uint32_t x = 20261122;
	int bad = 0;

	setenv("TZ", "America/New_York", 1);
	tzset();
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		bad += different(time, forms[i]);
	is_int(bad, 0, "every form");
	for (int i = 0; i < 5000; i++) {
		char text[64];
		size_t n;

		x = x * 1664525 + 1013904223;
		strcpy(text, forms[(x >> 8) % COUNT_OF(forms)]);
		n = strlen(text);
		for (int changed = 0; changed < 2; changed++) {
			x = x * 1664525 + 1013904223;
			text[(x >> 8) % n] =
			    letters[(x >> 20) % (sizeof(letters) - 1)];
		}
		/* SQLite knows no clocks but those of 1971 to 2037. */
		if (strcmp(text, "1971") > 0 && strcmp(text, "2037") < 0)
			bad += different(time, text);
	}
	is_int(bad, 0, "and what is one no more");
}

int main(void)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *time;

	sqlite3_open(":memory:", &db);
	time = prepare(db);
	ok(time != NULL, "time.sql is one statement");
	test_changes(time);
	test_forms(time);
	sqlite3_finalize(time);
	sqlite3_close(db);
	return tap_done();
}
