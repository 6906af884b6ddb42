/*
 * Clock skew: how far this machine's clock is off, measured by the Date of a
 * response, RFC 9110 section 6.6.1. A Date has whole seconds, so that the
 * measurement is exact to half a second.
 */
#ifndef SP_HTTP_SKEW_H
#define SP_HTTP_SKEW_H

#include <stdbool.h>
#include <stdint.h>

/* Less skew than this is not corrected, ms. */
#define SKEW_MIN ((int64_t)2 * 60 * 1000)

/*
 * More skew than this is ignored, ms: with such a clock no certificate would
 * have been valid, so that the Date is wrong.
 */
#define SKEW_MAX ((int64_t)400 * 86400 * 1000)

struct skew {
	int64_t off;   /* ms to add to this machine's clock */
	bool measured; /* since skew_begin */
	/* Called once for a clock that is off, or a Date that is absurd. */
	void (*report)(void *ctx, const char *url, const char *what);
	void *ctx;
	bool reported; /* private */
};

/*
 * Measure again with the next response. `known` is the skew measured before, or
 * 0. It remains in use unless the new one differs, so that times are in order.
 */
void skew_begin(struct skew *, int64_t known);

/*
 * Measure, unless that was done: a response with this Date came between two
 * readings of this machine's clock. All in ms since 1970.
 */
void skew_measure(struct skew *, int64_t date, int64_t before, int64_t after);

/* The time, corrected, in ms since 1970. */
int64_t skew_now(const struct skew *);

#endif
