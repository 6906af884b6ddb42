#include <inttypes.h>
#include <stdio.h>

#include "plan/plan.h"

/* The plays since the cursor, and from some hours before it once more. */
int plan_play_history(struct plan *p)
{
	int64_t overlap = p->options->overlap;
	int64_t after = p->cursor > overlap ? p->cursor - overlap : 0;
	char url[128];
	struct plan_request r = {
	    .endpoint = "recently-played", .url = url, .paging = "next"};
	int n = snprintf(
	    url, sizeof(url), "/v1/me/player/recently-played?limit=50");

	if (p->cursor >= 0)
		snprintf(
		    url + n, sizeof(url) - (size_t)n, "&after=%" PRId64, after);
	if (!plan_is_limited(p, r.endpoint))
		plan_send(p, &r);
	return SQLITE_OK;
}
