#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "plan/plan.h"

/*
 * Request all plays that the API has, newest first, page by page back to the
 * cursor: mostly that is one page. Plays can arrive days late, with their own
 * times, so the request has no lower limit. For the same reason a run that a
 * rate limit cut short begins again with the newest plays.
 */
static void plan_plays(struct plan *p)
{
	struct plan_request r = {
	    .endpoint = "recently-played", .query = "?limit=50"};
	int64_t after = p->options->after;
	char query[64];

	if (plan_is_limited(p, r.endpoint))
		return;
	if (after >= 0) {
		snprintf(
		    query, sizeof(query), "?limit=50&after=%" PRId64, after);
		r.query = query;
	} else if (!p->options->force) {
		r.cursor = p->cursor;
	}
	plan_send(p, &r);
}

/*
 * A run costs one request, and plays that fall out of the last 50 are lost: a
 * timer that runs `all` every hour requests them every time. Timers are not
 * exact, so the interval is less than an hour.
 */
const struct job job_play_history = {.name = "play-history",
    .purpose = "all plays that the API still has: the last 50",
    .interval = 45 * CLOCK_MINUTE,
    .plan = plan_plays};
