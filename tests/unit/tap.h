/*
 * TAP for unit tests: call ok() and the others, then `return tap_done();`.
 * A failed check prints its place and the value.
 */
#ifndef SP_TESTS_TAP_H
#define SP_TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/slice.h"

static int tap_count, tap_failures;

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_text(got, want, ...) \
	tap_text((got), (want), __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 0))) static inline bool tap_say(
    bool good, const char *file, int line, const char *fmt, va_list ap)
{
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
	if (!good) {
		tap_failures++;
		fprintf(stderr, "#   failed at %s:%d\n", file, line);
	}
	return good;
}

__attribute__((format(printf, 4, 5))) static inline bool tap_ok(
    bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_say(good, file, line, fmt, ap);
	va_end(ap);
	return good;
}

__attribute__((format(printf, 5, 6))) static inline bool tap_int(
    int64_t got, int64_t want, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_say(got == want, file, line, fmt, ap);
	va_end(ap);
	if (got != want)
		fprintf(stderr, "#   got %" PRId64 ", want %" PRId64 "\n", got,
		    want);
	return got == want;
}

static inline void tap_show(const char *what, struct slice s)
{
	fprintf(stderr, "#   %s ", what);
	for (size_t i = 0; i < s.n && i < 200; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c < 0x7f)
			putc(c, stderr);
		else
			fprintf(stderr, "\\x%02x", c);
	}
	fprintf(stderr, "%s (%zu bytes)\n", s.p ? "" : "NULL", s.n);
}

__attribute__((format(printf, 5, 6))) static inline bool tap_text(
    struct slice got, const char *want, const char *file, int line,
    const char *fmt, ...)
{
	bool good = slice_is(got, want) && (got.p != NULL) == (want != NULL);
	va_list ap;

	va_start(ap, fmt);
	tap_say(good, file, line, fmt, ap);
	va_end(ap);
	if (!good) {
		tap_show("got ", got);
		tap_show("want", slice_of(want));
	}
	return good;
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures > 0 || fflush(stdout) != 0;
}

#endif
