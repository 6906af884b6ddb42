#include "api/capture.h"

#include "api/request.h"
#include "base/clock.h"
#include "json/json.h"

static void put_time(struct buf *b, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT];

	if (clock_format(ms, text))
		json_put_member(b, name, slice_of(text));
}

bool capture_put(const struct capture *c, struct slice body,
    struct body_check *check, struct buf *b)
{
	const struct request_record *r = c->request;

	buf_putc(b, '{');
	json_put_member(b, "type", SLICE("capture"));
	if (r->run.p)
		json_put_member(b, "run", r->run);
	json_put_member_int(b, "seq", c->seq);
	json_put_member(b, "endpoint",
	    c->kind == PAGE_ITEMS ? SLICE("playlist-items") : r->endpoint);
	if (c->user)
		json_put_member(b, "user", slice_of(c->user));
	json_put_member(b, "url", c->url);
	json_put_member_int(b, "status", c->status);
	put_time(b, "fetched_at", c->fetched_at);
	if (c->clock_off)
		json_put_member_int(b, "clock_off", c->clock_off);
	if (r->cursor >= 0 && c->page == 1)
		json_put_member_int(b, "cursor", r->cursor);
	if (r->dequeue.p && c->page == (r->resume.url.n ? r->resume.number : 1))
		json_put_member_raw(b, "dequeue", r->dequeue);
	if (r->seq >= 0)
		json_put_member_int(b, "request", r->seq);
	json_put_member_int(b, "page", (int64_t)c->page);
	if (r->list.p)
		json_put_member_raw(b, "list", r->list);
	if (c->next && c->next->n)
		json_put_member(b, "next", buf_slice(c->next));
	else if (c->next)
		json_put_member_raw(b, "next", SLICE("null"));
	if (c->kind == PAGE_CHECK)
		json_put_member_raw(b, "check", SLICE("true"));
	if (c->retry_at)
		put_time(b, "retry_at", c->retry_at);
	if (c->quota)
		json_put_member_raw(b, "quota", SLICE("true"));
	if (c->denied)
		json_put_member(b, "denied", slice_of(denial_name(c->denied)));
	body_put(b, body, check);
	return buf_putc(b, '}');
}
