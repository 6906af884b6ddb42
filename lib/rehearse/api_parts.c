#include "rehearse/api_parts.h"
#include "rehearse/put.h"
#include "rehearse/query.h"

struct shapes api_shapes(const struct rehearsal *r)
{
	return (struct shapes){r->catalogue, r->regime, r->base};
}

void api_href(const struct rehearsal *r, const struct ask *ask, struct buf *b)
{
	put_joined(b, r->base, slice_of(ask->url));
}

void api_not_found(struct reply *reply)
{
	reply_error(reply, 404, "Resource not found", NULL);
}

bool api_limit(
    const struct ask *ask, int64_t most, int64_t *limit, struct reply *reply)
{
	*limit = 20;
	if (query_number(ask->query, "limit", limit) && *limit >= 1 &&
	    *limit <= most)
		return true;
	reply_error(reply, 400, "Invalid limit", NULL);
	return false;
}

bool api_window(const struct ask *ask, struct window *w, struct reply *reply)
{
	int64_t offset = 0, limit;

	if (!api_limit(ask, w->most, &limit, reply))
		return false;
	if (!query_number(ask->query, "offset", &offset) || offset < 0 ||
	    offset > LIST_SIZE_MAX) {
		reply_error(reply, 400, "Invalid offset", NULL);
		return false;
	}
	w->offset = (int)offset;
	w->limit = (int)limit;
	return true;
}
