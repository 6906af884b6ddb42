/*
 * The cursor is the high-water mark of the plays that are stored. Paging back
 * in time stops at the page that reaches it.
 */
#ifndef SP_API_CURSOR_H
#define SP_API_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Whether a page, which is JSON, reaches back to a time in Unix milliseconds:
 * the oldest `played_at` of its `items` is not later, or `items` is empty. A
 * page without a readable `played_at` does not.
 */
bool page_reaches_time(struct slice body, int64_t time);

#endif
