#include "stream/outcome.h"

#include <sysexits.h>

#include "json/json.h"

const char *outcome_status(const struct outcome *o)
{
	if (o->exit == 0)
		return "complete";
	return o->exit == EX_TEMPFAIL ? "deferred" : "failed";
}

bool outcome_put(const struct outcome *o, struct buf *b)
{
	json_put_member(b, "status", slice_of(outcome_status(o)));
	if (o->exit != 0)
		json_put_member_int(b, "exit", o->exit);
	if (*o->reason)
		json_put_member(b, "reason", slice_of(o->reason));
	if (*o->until)
		json_put_member(b, "until", slice_of(o->until));
	return !b->failed;
}
