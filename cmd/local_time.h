/* Times as people read them: in the local zone, or from now. */
#ifndef SP_CMD_LOCAL_TIME_H
#define SP_CMD_LOCAL_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define LOCAL_TIME_TEXT 64

/* Write a time, in Unix ms, as 2026-11-30 19:20; false if it is out of range.
 */
bool local_time_format(int64_t ms, char text[LOCAL_TIME_TEXT]);

/* Write the day of a time, "" if it is out of range. Returns text. */
const char *local_time_day(int64_t ms, char text[LOCAL_TIME_TEXT]);

/* Write the name of the zone at a time, such as CET. */
void local_time_zone(int64_t ms, char text[LOCAL_TIME_TEXT]);

/* Write a span, in the largest unit that it has about two of, or more: 3 hours,
 * 66 min, 12 s. */
void local_time_span(int64_t ms, char text[LOCAL_TIME_TEXT]);

/* Write a time from now: in 12 days, 66 min ago. */
void local_time_relative(int64_t ms, char text[LOCAL_TIME_TEXT]);

/*
 * Write a deadline, to the next minute and seen from `now`: 23:15, in 66 min;
 * with its day if that is another one; "" if it is out of range. Returns text.
 */
const char *local_time_deadline(
    int64_t ms, int64_t now, char text[LOCAL_TIME_TEXT]);

/*
 * Append a message of lib/ or of the database, with the times that it has as
 * local ones: written as deadlines, or with LOCAL_TIME_NOT_NOW as mere times.
 * Returns all that is in the buffer.
 */
const char *local_time_message(
    struct slice message, int64_t now, struct buf *to);
#define LOCAL_TIME_NOT_NOW INT64_MIN

#endif
