#include <inttypes.h>
#include <stdio.h>

#include "plan/plan.h"

#define PATH "/v1/me/player/recently-played?limit=50"

/*
 * All plays that the API has, newest first, page by page back to the cursor:
 * mostly that is one page. Plays can arrive days late, with their own times,
 * so nothing is asked for after the cursor. For the same reason a run that a
 * limit cut short begins again with the newest plays.
 */
int plan_play_history(struct plan *p)
{
	int64_t after = p->options->after;
	char url[128] = PATH;
	struct plan_request r = {
	    .endpoint = "recently-played", .url = url, .paging = "next"};

	if (plan_is_limited(p, "recently-played"))
		return SQLITE_OK;
	if (after >= 0)
		snprintf(url, sizeof(url), PATH "&after=%" PRId64, after);
	else if (!p->options->force)
		r.cursor = p->cursor;
	plan_send(p, &r);
	return SQLITE_OK;
}
