#include "api/request.h"

#include "base/clock.h"
#include "json/json.h"
#include "stream/record.h"

const char *request_record_parse(const struct record *rec, bool in_run,
    struct buf *scratch, struct request_record *r)
{
	const struct member *optional = record_get(rec, "optional");
	struct slice paging;
	int64_t page = 2;

	*r = (struct request_record){.seq = -1, .cursor = -1};
	if (!record_string(rec, "run", scratch, &r->run))
		return "its 'run' is no string";
	if (!record_int(rec, "seq", &r->seq))
		return "its 'seq' is no whole number";
	if (!in_run) {
		r->run.p = NULL;
		r->seq = -1;
	}
	if (!record_int(rec, "cursor", &r->cursor))
		return "its 'cursor' is no whole number";
	if (!record_string(rec, "endpoint", scratch, &r->endpoint) ||
	    r->endpoint.n == 0)
		return "it names no 'endpoint'";
	if (!record_string(rec, "url", scratch, &r->url) || r->url.n == 0)
		return "it has no 'url'";
	if (!record_string(rec, "paging", scratch, &paging) ||
	    !paging_named(paging, &r->paging))
		return "its 'paging' is none of 'next', 'offset', 'playlist'";
	if (!record_string(rec, "next", scratch, &r->resume.url))
		return "its 'next' is no string";
	if (!record_int(rec, "page", &page) || page < 2)
		return "its 'page' is no number from 2 on";
	r->resume.number = (uint64_t)page;
	r->list = record_raw(rec, "list");
	r->dequeue = record_raw(rec, "dequeue");
	r->optional = optional && optional->type == JSON_TRUE;
	return NULL;
}

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
