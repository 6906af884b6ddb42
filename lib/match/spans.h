/*
 * Spans of time of users, in Unix milliseconds, with both their ends. Spans
 * that are less than a day apart may be joined: so a whole history has few.
 * What is all zeros is empty and owns nothing.
 */
#ifndef SP_MATCH_SPANS_H
#define SP_MATCH_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/slice.h"

struct span {
	uint32_t user; /* its number in `users` */
	int64_t from, to;
};

struct spans {
	struct intern users;
	struct span *list;
	size_t count;

	size_t room, tidy_at; /* private from here */
};

void spans_add(struct spans *, struct slice user, int64_t from, int64_t to);

/* Sort the spans by user and time, and join those that are near. */
void spans_tidy(struct spans *);

/* Whether a span meets any of some that are of one user and tidy. */
bool spans_meet(
    const struct span *list, size_t count, int64_t from, int64_t to);

void spans_clear(struct spans *);
void spans_release(struct spans *);

#endif
