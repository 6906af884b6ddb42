/* Where a page of plays ends in time, so that paging stops at the cursor. */
#ifndef SP_HTTP_REACH_H
#define SP_HTTP_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Whether a page, which is JSON, reaches back to a time in Unix milliseconds:
 * the oldest `played_at` of its `items` is not later, or `items` is empty. A
 * page without a readable `played_at` does not.
 */
bool page_reaches(struct slice body, int64_t time);

#endif
