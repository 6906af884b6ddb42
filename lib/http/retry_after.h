/* Parses the values of the HTTP headers Date and Retry-After. */
#ifndef SP_HTTP_RETRY_AFTER_H
#define SP_HTTP_RETRY_AFTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Parse an HTTP-date, RFC 9110 section 5.6.7, as ms since 1970; false if it is
 * none, or before 1970.
 */
bool http_date_parse(struct slice, int64_t *ms);

/*
 * Parse a Retry-After, RFC 9110 section 10.2.3: seconds, or a date. `now` is in
 * ms since 1970. The wait is in ms: 0 for a past date, and a year at most.
 * False if it is neither.
 */
bool retry_after_parse(struct slice value, int64_t now, int64_t *wait);

#endif
