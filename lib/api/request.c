#include "api/request.h"

#include "json/json.h"
#include "stream/record.h"

const char *request_record_parse(const struct record *rec, bool in_run,
    struct buf *scratch, struct request_record *r)
{
	const struct member *optional = record_get(rec, "optional");
	const struct member *background = record_get(rec, "background");
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
	r->background = background && background->type == JSON_TRUE;
	return NULL;
}
