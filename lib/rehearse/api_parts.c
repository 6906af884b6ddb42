#include "rehearse/api_parts.h"

#include "base/number.h"
#include "base/url.h"
#include "rehearse/put_json.h"

struct render_context api_render_context(const struct mock *r)
{
	return (struct render_context){
	    r->user->catalogue, r->access_mode, r->base};
}

void api_href(
    const struct mock *r, const struct mock_request *req, struct buf *b)
{
	put_joined(b, r->base, slice_of(req->url));
}

void api_not_found(struct mock_response *res)
{
	mock_response_error(res, 404, "Resource not found", NULL);
}

bool api_number(const struct mock_request *req, const char *name, int64_t *n)
{
	struct slice value;

	return !param_find(req->query, name, &value) || number_parse(value, n);
}

bool api_limit(const struct mock_request *req, int64_t most, int64_t *limit,
    struct mock_response *res)
{
	*limit = 20;
	if (api_number(req, "limit", limit) && *limit >= 1 && *limit <= most)
		return true;
	mock_response_error(res, 400, "Invalid limit", NULL);
	return false;
}

bool api_page_range(const struct mock_request *req, struct page_range *w,
    struct mock_response *res)
{
	int64_t offset = 0, limit;

	if (!api_limit(req, w->most, &limit, res))
		return false;
	if (!api_number(req, "offset", &offset) || offset < 0 ||
	    offset > PLAYLIST_SIZE_MAX) {
		mock_response_error(res, 400, "Invalid offset", NULL);
		return false;
	}
	w->offset = (int)offset;
	w->limit = (int)limit;
	return true;
}
