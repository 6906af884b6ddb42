#include "http/pages.h"

#include <string.h>

#include "json/json.h"

#define LIMIT_DEFAULT 20 /* of the Web API, if a URL has none */

void pages_init(struct pages *p, const struct origin *api, uint64_t max)
{
	*p = (struct pages){.api = api, .max = max};
	p->url.max = p->next.max = p->first.max = URL_MAX;
	p->asked.max = (size_t)64 << 20;
}

void pages_release(struct pages *p)
{
	buf_release(&p->url);
	buf_release(&p->next);
	buf_release(&p->first);
	buf_release(&p->asked);
}

static enum pages_result bad(struct pages *p, const char *why)
{
	p->why = why;
	return PAGES_BAD;
}

/* A URL that could not be written. */
static enum pages_result no_url(struct pages *p, const struct buf *url)
{
	return bad(
	    p, url->no_memory ? url_no_memory : "longer than a URL may be");
}

/* FNV-1a: two URLs of a chain collide with a chance of 2^-64. */
static uint64_t hash(struct slice s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Make `ref` the page to request, if that is allowed. */
static enum pages_result go_to(struct pages *p, struct slice ref)
{
	uint64_t h;
	const char *why;

	if (p->number >= p->max)
		return bad(p, "more pages than --max-pages");
	buf_clear(&p->url);
	why = url_resolve(p->api, ref, &p->url);
	if (why)
		return bad(p, why);
	h = hash(url_path(buf_slice(&p->url)));
	for (size_t i = 0; i < p->asked.n; i += sizeof(h))
		if (memcmp(p->asked.p + i, &h, sizeof(h)) == 0)
			return bad(p, "a page that was requested before");
	if (!buf_put(&p->asked, &h, sizeof(h)) || !buf_cstr(&p->url))
		return bad(p, url_no_memory);
	p->number++;
	return PAGES_MORE;
}

/* The kind of a page in a chain that began at `first`. */
static enum page_kind kind_of(
    enum paging paging, struct slice first, struct slice page)
{
	if (paging != PAGING_PLAYLIST)
		return PAGE_PLAIN;
	return slice_eq(url_endpoint(first), url_endpoint(page)) ? PAGE_CHECK
								 : PAGE_ITEMS;
}

enum pages_result pages_begin(struct pages *p, struct slice ref,
    enum paging paging, const struct pages_stop *stop)
{
	enum pages_result r;

	p->paging = paging;
	p->number = 0;
	p->kind = PAGE_PLAIN;
	buf_clear(&p->asked);
	buf_clear(&p->first);
	r = go_to(p, ref);
	if (r == PAGES_MORE && !buf_put_slice(&p->first, buf_slice(&p->url)))
		return bad(p, url_no_memory);
	if (r != PAGES_MORE || !stop->url.p)
		return r;
	p->number = stop->number - 1;
	p->kind = kind_of(paging, ref, stop->url);
	return go_to(p, stop->url);
}

/* The paging members of a page. */
struct links {
	enum json_type next; /* JSON_END if there is none */
	struct slice next_text;
	int64_t limit, total; /* -1 if there is none */
	bool items;	      /* there is at least one */
};

static void read_member(struct json *j, enum json_type type, struct links *l)
{
	if (slice_is(j->key, "next")) {
		l->next = type;
		l->next_text = j->text;
	} else if (type == JSON_NUMBER && slice_is(j->key, "limit")) {
		json_int(j->text, &l->limit);
	} else if (type == JSON_NUMBER && slice_is(j->key, "total")) {
		json_int(j->text, &l->total);
	}
	if (type == JSON_ARRAY && slice_is(j->key, "items")) {
		json_skip(j, type);
		l->items = j->text.n > 2;
		for (size_t i = 1; l->items && i + 1 < j->text.n &&
				   strchr(" \t\r\n", j->text.p[i]);
		     i++)
			l->items = i + 2 < j->text.n;
	} else {
		json_skip(j, type);
	}
}

/*
 * The paging members of a body, or of the object `name` in it if there is one;
 * false if there is none.
 */
static bool read_links(struct slice body, const char *name, struct links *l)
{
	bool found = false;
	struct json j;
	enum json_type type;

	*l = (struct links){.next = JSON_END, .limit = -1, .total = -1};
	json_init(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_OBJECT && !found && slice_is(j.key, name)) {
			*l = (struct links){
			    .next = JSON_END, .limit = -1, .total = -1};
			found = true;
		} else {
			read_member(&j, type, l);
		}
	}
	return found;
}

static enum pages_result follow(struct pages *p, const struct links *l)
{
	if (l->next == JSON_END || l->next == JSON_NULL)
		return PAGES_END;
	if (l->next != JSON_STRING)
		return bad(p, "a next that is no string");
	buf_clear(&p->next);
	if (!json_unescape(l->next_text, &p->next))
		return no_url(p, &p->next);
	return go_to(p, buf_slice(&p->next));
}

/* Count by limit and not by items: a page may leave some out. */
static enum pages_result count_on(struct pages *p, const struct links *l)
{
	struct slice url = buf_slice(&p->url);
	int64_t offset = 0, limit = LIMIT_DEFAULT;

	url_query_int(url, "limit", &limit);
	url_query_int(url, "offset", &offset);
	if (l->limit > 0)
		limit = l->limit; /* the server may have allowed less */
	if (limit <= 0 || offset < 0 || offset > INT64_MAX - limit)
		return bad(p, "an invalid offset or limit");
	if (!l->items || (l->total >= 0 && offset + limit >= l->total))
		return PAGES_END;
	buf_clear(&p->next);
	if (!url_set_query_int(url, "offset", offset + limit, &p->next))
		return no_url(p, &p->next);
	return go_to(p, buf_slice(&p->next));
}

/* Request the snapshot once more, to see whether the list has changed. */
static enum pages_result check(struct pages *p)
{
	bool query = memchr(p->first.p, '?', p->first.n) != NULL;

	p->kind = PAGE_CHECK;
	if (!buf_printf(
		&p->first, "%cfields=id,snapshot_id", query ? '&' : '?'))
		return no_url(p, &p->first);
	return go_to(p, buf_slice(&p->first));
}

/* After a page of a playlist: the list goes on, or is to be checked. */
static enum pages_result turn(struct pages *p, enum pages_result r)
{
	if (r == PAGES_END && p->kind == PAGE_ITEMS)
		return check(p);
	p->kind = PAGE_ITEMS;
	return r;
}

/* A playlist embeds the first page of its list, in one of two members. */
static enum pages_result read_on(struct pages *p, struct slice body)
{
	struct links l;

	if (p->kind == PAGE_CHECK)
		return PAGES_END;
	if (p->kind == PAGE_ITEMS)
		read_links(body, "", &l);
	else if (!read_links(body, "items", &l) &&
		 !read_links(body, "tracks", &l))
		return PAGES_END;
	return turn(p, follow(p, &l));
}

enum pages_result pages_next(struct pages *p, struct slice body)
{
	struct links l;

	switch (p->paging) {
	case PAGING_NONE: return PAGES_END;
	case PAGING_PLAYLIST: return read_on(p, body);
	case PAGING_NEXT: read_links(body, "artists", &l); return follow(p, &l);
	default: read_links(body, "", &l); return count_on(p, &l);
	}
}
