/*
 * Times are UTC with milliseconds, written 2026-11-22T06:40:00.123Z, and
 * counted as milliseconds since 1970.
 */
#ifndef SP_BASE_CLOCK_H
#define SP_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define CLOCK_TEXT 25 /* bytes of a written time, with its NUL */

/* Spans in milliseconds. */
#define CLOCK_SECOND ((int64_t)1000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR (60 * CLOCK_MINUTE)
#define CLOCK_DAY (24 * CLOCK_HOUR)

/* Now, in milliseconds since 1970. */
int64_t clock_now(void);

/* Milliseconds that only go forward, for measuring spans. */
int64_t clock_monotonic(void);

/* Write a time of the years 0000 to 9999; false outside them. */
bool clock_format(int64_t ms, char text[CLOCK_TEXT]);

/*
 * Read an RFC 3339 time: date, 'T', time, fraction of 0 to 9 digits (cut to
 * milliseconds), 'Z' or an offset. False if it is not one.
 */
bool clock_parse(struct slice, int64_t *ms);

/*
 * Read a time as people write it, in the local zone of TZ if it names none:
 *
 *	2026-11-20T14:55:00Z, or with an offset; a space for the T, and minutes
 *	alone, are good too
 *	2026-11-20 14:55	a local time
 *	2026-11-20		a local day
 *	today, yesterday	likewise, seen from `now`
 *	now
 *	7d			a duration before `now`
 *
 * A day is its first moment, or with `ends` the first one after it. If the
 * clock skips a local time, it is read as if the clock had not changed; if the
 * clock shows it twice, it is the first. False if it is not a time.
 */
bool clock_parse_local(struct slice, int64_t now, bool ends, int64_t *ms);

/* What clock_parse_local understands, for messages. */
#define CLOCK_LOCAL_FORMS                                        \
	"2026-11-20, '2026-11-20 14:55', 2026-11-20T14:55:00Z, " \
	"7d for 7 days ago, today, yesterday or now"

/*
 * Read a duration: a whole number with a unit, 500ms, 90s, 30m, 6h, 7d, 2w;
 * 0 needs none. False if it is not one, or does not fit.
 */
bool clock_parse_duration(struct slice, int64_t *ms);

#endif
