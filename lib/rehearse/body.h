/*
 * A growable text, and the few JSON pieces written into it. Adding never
 * fails to the caller's face: the first failure (out of memory, or past
 * BODY_MAX) is remembered in .bad and everything added later is dropped, so
 * one look at the end is enough.
 */
#ifndef REHEARSE_BODY_H
#define REHEARSE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#define BODY_MAX ((size_t)256 << 20)

struct body {
	char *text; /* NUL-terminated once anything was added, else NULL */
	size_t len, room;
	bool bad;
};

#define BODY_INIT                 \
	{                         \
		NULL, 0, 0, false \
	}

void body_release(struct body *);

/* Empty it, keeping its storage. */
void body_clear(struct body *);

void body_add(struct body *, const char *text, size_t len);
void body_str(struct body *, const char *text);
void body_fmt(struct body *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Add a JSON string with its quotes; NULL adds null. */
void body_json(struct body *, const char *text);

/* The same for len bytes. */
void body_json_n(struct body *, const char *text, size_t len);

/* The same without the quotes. */
void body_escape(struct body *, const char *text, size_t len);

/* Add json, which must be valid, spread over indented lines. */
void body_pretty(struct body *, const char *json, size_t len);

/* Take the last byte back. */
void body_back(struct body *);

/* Drop the first len bytes. */
void body_drop(struct body *, size_t len);

#endif
