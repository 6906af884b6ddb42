#include <inttypes.h>

#include "plan/plan.h"

/*
 * All plays that the API has, newest first, page by page back to the cursor:
 * mostly that is one page. Plays can arrive days late, with their own times,
 * so nothing is asked for after the cursor. For the same reason a run that a
 * limit cut short begins again with the newest plays.
 */
int plan_play_history(struct plan *p)
{
	struct plan_request r = {.endpoint = "recently-played"};
	struct buf url = BUF_INIT(256);
	int64_t after = p->options->after;

	if (plan_is_limited(p, r.endpoint))
		return SQLITE_OK;
	plan_put_path(&url, r.endpoint, (struct slice){NULL, 0});
	buf_puts(&url, "?limit=50");
	if (after >= 0)
		buf_printf(&url, "&after=%" PRId64, after);
	else if (!p->options->force)
		r.cursor = p->cursor;
	r.url = buf_cstr(&url);
	plan_send(p, &r);
	buf_release(&url);
	return SQLITE_OK;
}
