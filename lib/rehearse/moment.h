/*
 * Moments in UTC: milliseconds since 1970, written 2026-11-22T06:40:00.123Z.
 */
#ifndef REHEARSE_MOMENT_H
#define REHEARSE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_SIZE 32
#define DAY_MS ((int64_t)86400000)
#define HOUR_MS ((int64_t)3600000)

/* Write ms (years 0 to 9999) to text, of MOMENT_SIZE bytes; returns text. */
const char *moment_text(int64_t ms, char *text);

/* Read a moment, seconds and their fraction optional; false if it is none. */
bool moment_read(const char *text, int64_t *ms);

/* Read a span such as 90s, 15m, 6h, 2d, 250ms; false if it is none. */
bool span_read(const char *text, int64_t *ms);

/* The real clock's now. */
int64_t moment_now(void);

/* A clock that only goes forward, in ms, from an arbitrary start. */
int64_t moment_steady(void);

#endif
