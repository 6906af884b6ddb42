/*
 * Run ids: ULIDs, 26 characters of Crockford's base 32, 48 bits of
 * milliseconds and then 80 random bits, so that ids sort by time.
 */
#ifndef SP_BASE_ULID_H
#define SP_BASE_ULID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define ULID_TEXT 27 /* bytes of an id, with its NUL */

/* Make an id for the time; false if the system has no random bytes. */
bool ulid_make(int64_t ms, char text[ULID_TEXT]);

/* Make the least id of that time. */
void ulid_make_first(int64_t ms, char text[ULID_TEXT]);

/* The time of an id; false if it is none. */
bool ulid_parse(struct slice, int64_t *ms);

#endif
