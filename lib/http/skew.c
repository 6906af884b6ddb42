#include "http/skew.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* Two measurements of one clock differ by no more, ms. */
#define SAME_SKEW 2000

void skew_begin(struct skew *s, int64_t known)
{
	s->measured = false;
	if (known)
		s->off = known;
}

static bool is_within(int64_t ms, int64_t most)
{
	return ms >= -most && ms <= most;
}

/* "40 days", in the largest unit that fits twice. */
static void put_span(int64_t ms, char *text, size_t size)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
	    {"days", 86400000}, {"hours", 3600000}, {"minutes", 60000}};
	size_t i = 0;

	ms = ms < 0 ? -ms : ms;
	while (i < 2 && ms < 2 * units[i].ms)
		i++;
	snprintf(text, size, "%" PRId64 " %s",
	    (ms + units[i].ms / 2) / units[i].ms, units[i].name);
}

static void report(struct skew *s, int64_t off)
{
	bool absurd = !is_within(off, SKEW_MAX);
	char span[32], what[160];

	if (s->reported || !s->report || is_within(off, SKEW_MIN))
		return;
	s->reported = true;
	put_span(off, span, sizeof(span));
	snprintf(what, sizeof(what),
	    absurd
		? "this machine's clock is %s %s the Date of a response, which is ignored"
		: "this machine's clock is %s %s the API's: times are corrected",
	    span, off < 0 ? "ahead of" : "behind");
	s->report(s->ctx, NULL, what);
}

void skew_measure(struct skew *s, int64_t date, int64_t before, int64_t after)
{
	/* The clock of the server was in the second of its Date. */
	int64_t off = date + 500 - (before + (after - before) / 2);

	if (s->measured)
		return;
	s->measured = true;
	report(s, off);
	if (is_within(off, SKEW_MIN) || !is_within(off, SKEW_MAX))
		s->off = 0;
	else if (!is_within(off - s->off, SAME_SKEW))
		s->off = off;
}

int64_t skew_now(const struct skew *s)
{
	return clock_now() + s->off;
}
