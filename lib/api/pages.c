#include "api/pages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/url.h"
#include "json/json.h"

/* Entries of a page of a playlist's items that no link leads to. */
#define PLAYLIST_PAGE_SIZE 50

static const char url_too_long[] = "longer than a URL may be";

void pages_init(struct pages *p, const struct origin *api, uint64_t max)
{
	*p = (struct pages){.api = api, .max = max};
	p->url.max = p->next.max = p->first.max = URL_MAX;
}

void pages_release(struct pages *p)
{
	buf_release(&p->url);
	buf_release(&p->next);
	buf_release(&p->first);
	hash_set_release(&p->requested);
	hash_set_release(&p->entries);
}

static enum pages_result fail(struct pages *p, const char *why)
{
	p->why = why;
	return PAGES_BAD;
}

/* The same with a reason that has numbers in it. */
__attribute__((format(printf, 3, 4))) static enum pages_result fail_with(
    struct pages *p, enum pages_result result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	p->why = p->text;
	return result;
}

/* Add a text to those so far; false if it is one of them, by its hash. */
static bool is_new(struct hash_set *hashes, struct slice text)
{
	return hash_set_add(hashes, hash_bytes(0, text));
}

/* Make `ref` the page to request; PAGES_BAD if it must not be. */
static enum pages_result set_page(struct pages *p, struct slice ref)
{
	const char *why;

	if (p->number >= p->max)
		return fail(p, "more pages than --max-pages");
	buf_clear(&p->url);
	why = url_resolve(p->api, ref, &p->url);
	if (why)
		return fail(p, why);
	if (!is_new(&p->requested, url_path(buf_slice(&p->url))))
		return fail(p, "a page that was requested before");
	p->offset = -1;
	param_find_int(url_query(buf_slice(&p->url)), "offset", &p->offset);
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

/* Whether a URL requests the list from its first entry on. */
static bool is_start(struct slice url)
{
	struct slice query = url_query(url), cursor;

	return !param_find(query, "after", &cursor) &&
	       !param_find(query, "before", &cursor);
}

enum pages_result pages_begin(struct pages *p, struct slice ref,
    enum paging paging, const struct resume_point *resume)
{
	enum pages_result r;

	p->paging = paging;
	p->number = 0;
	p->kind = PAGE_PLAIN;
	p->skipped = p->no_total = false;
	p->last = 0;
	p->repeated = 0;
	hash_set_clear(&p->requested);
	hash_set_clear(&p->entries);
	buf_clear(&p->first);
	r = set_page(p, ref);
	if (p->offset < 0 && paging != PAGING_NEXT)
		p->offset = 0;
	p->received = p->offset;
	if (p->received < 0 && is_start(buf_slice(&p->url)))
		p->received = 0;
	if (r != PAGES_MORE)
		return r;
	buf_put_slice(&p->first, buf_slice(&p->url));
	if (!resume->url.p)
		return r;
	p->number = resume->number - 1;
	p->kind = kind_of(paging, ref, resume->url);
	r = set_page(p, resume->url);
	p->received = p->offset;
	return r;
}

/* The paging members of a page. */
struct page_links {
	enum json_type next; /* JSON_END if there is none */
	struct slice next_text;
	struct slice after;    /* of its cursors, as written; or p == NULL */
	int64_t offset, total; /* -1 if there is none */
	struct slice items;    /* the list, as JSON; p == NULL if none */
	int64_t count;	       /* of its entries, also of those that are null */
	int64_t repeated;  /* of them up to the last one of the page before */
	struct slice last; /* the last one that is not null; or p == NULL */
};

static const struct page_links no_links = {
    .next = JSON_END, .offset = -1, .total = -1};

/* Count the entries; `before` is the hash of the last one of the page before.
 */
static void count_entries(struct page_links *l, uint64_t before)
{
	struct json j;
	enum json_type type;

	json_init_lenient(&j, l->items);
	json_next(&j);
	while ((type = json_next(&j)) > JSON_END && type != JSON_ARRAY_END) {
		l->count++;
		json_skip(&j, type);
		if (type == JSON_NULL)
			continue;
		l->last = j.text;
		if (hash_bytes(0, j.text) == before)
			l->repeated = l->count;
	}
}

static void read_cursors(struct json *j, struct page_links *l)
{
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j->key, "after"))
			l->after = j->text;
		json_skip(j, type);
	}
}

static void read_member(
    struct json *j, enum json_type type, struct page_links *l)
{
	bool items = type == JSON_ARRAY && slice_is(j->key, "items");

	if (slice_is(j->key, "next")) {
		bool empty = type == JSON_STRING && j->text.n == 0;

		l->next = empty ? JSON_NULL : type;
		l->next_text = j->text;
	} else if (type == JSON_NUMBER && slice_is(j->key, "offset")) {
		json_whole(j->text, &l->offset);
	} else if (type == JSON_NUMBER && slice_is(j->key, "total")) {
		json_whole(j->text, &l->total);
	}
	if (type == JSON_OBJECT && slice_is(j->key, "cursors")) {
		read_cursors(j, l);
		return;
	}
	json_skip(j, type);
	if (items)
		l->items = j->text;
}

/*
 * The paging members of a body, or of the object `name` in it if there is one;
 * false if there is none.
 */
static bool read_links(
    struct slice body, const char *name, struct page_links *l)
{
	bool found = false;
	struct json j;
	enum json_type type;

	*l = no_links;
	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_OBJECT && !found && slice_is(j.key, name)) {
			*l = no_links;
			found = true;
		} else {
			read_member(&j, type, l);
		}
	}
	return found;
}

/* The page that a link leads to. */
static enum pages_result follow_link(
    struct pages *p, const struct page_links *l)
{
	enum pages_result r;

	if (l->next != JSON_STRING)
		return fail(p, "a next that is no string");
	buf_clear(&p->next);
	if (!json_unescape(l->next_text, &p->next))
		return fail(p, url_too_long);
	r = set_page(p, buf_slice(&p->next));
	/* Entries that the link leaves out are not counted as received. */
	p->skipped |= p->received >= 0 && p->offset > p->received;
	return r;
}

/* The same URL with the cursor of the next page. */
static bool put_after(struct pages *p, const struct page_links *l)
{
	struct buf after = BUF_INIT(URL_MAX);
	bool ok = json_unescape(l->after, &after) &&
		  url_set_query(
		      &p->next, buf_slice(&p->url), "after", buf_slice(&after));

	buf_release(&after);
	return ok;
}

/*
 * Request the page after the entries received so far. Their number counts, not
 * the limit of a page: a server may return fewer than requested.
 */
static enum pages_result build_next(struct pages *p, const struct page_links *l)
{
	struct slice url = buf_slice(&p->url);
	char offset[24];
	bool ok;

	buf_clear(&p->next);
	if (p->paging == PAGING_PLAYLIST && p->kind == PAGE_PLAIN) {
		buf_put_slice(&p->next, url_endpoint(url));
		ok = buf_printf(&p->next, "/%s?offset=%" PRId64 "&limit=%d",
		    p->member, p->received, PLAYLIST_PAGE_SIZE);
	} else if (p->offset < 0 && l->offset < 0) {
		ok = put_after(p, l);
	} else {
		snprintf(offset, sizeof(offset), "%" PRId64, p->received);
		ok = url_set_query(&p->next, url, "offset", slice_of(offset));
	}
	return ok ? set_page(p, buf_slice(&p->next)) : fail(p, url_too_long);
}

/* Whether the next page can be requested without a link to it. */
static bool can_build_next(const struct pages *p, const struct page_links *l)
{
	return p->received >= 0 && !p->skipped &&
	       (p->offset >= 0 || l->offset >= 0 || l->after.p);
}

/* The chain ends: check whether all entries came. */
static enum pages_result end_chain(struct pages *p, int64_t total)
{
	int64_t received = p->received - p->repeated;

	if (p->received < 0 || received >= total ||
	    p->paging == PAGING_PLAYLIST)
		return PAGES_END; /* sp-load counts the items of playlists */
	return fail_with(p, PAGES_SHORT,
	    "it ends after %" PRId64 " of %" PRId64 " entries", received,
	    total);
}

/*
 * Whether a page has the same entries as an earlier one. Pages of nulls are not
 * compared, and a playlist may have equal pages at different offsets.
 */
static bool is_repeated(struct pages *p, const struct page_links *l)
{
	if (!l->last.p || (p->paging == PAGING_PLAYLIST && l->offset >= 0))
		return false;
	return !is_new(&p->entries, l->items);
}

/* After a page with entries: count them, and find the page that follows. */
static enum pages_result next_page(
    struct pages *p, const struct page_links *l, int64_t total)
{
	bool more = l->next != JSON_END && l->next != JSON_NULL;
	enum pages_result r;

	/* A total below the count of the first page is wrong. */
	if (p->received == 0 && total >= 0 && l->count > total) {
		p->no_total = true;
		total = -1;
	}
	if (p->received >= 0)
		p->received += l->count;
	p->repeated += l->repeated;
	p->last = hash_bytes(0, l->last);
	/* Without a total, paging by offset ends with an empty page. */
	more |= p->paging == PAGING_OFFSET && l->next == JSON_END && total < 0;
	if (more && p->paging != PAGING_OFFSET) {
		r = follow_link(p, l);
		/* After the last entry, a bad link does not matter. */
		return r == PAGES_BAD && total > 0 && p->received >= total
			   ? end_chain(p, total)
			   : r;
	}
	if ((more || (p->received >= 0 && p->received < total)) &&
	    can_build_next(p, l))
		return build_next(p, l);
	return end_chain(p, total);
}

/*
 * The chain goes on while a page has entries, and a link to more or a total
 * that has not been reached. An offset or a total that cannot be true is
 * ignored, and so is a link after the last entry.
 */
static enum pages_result page_done(struct pages *p, struct page_links *l)
{
	int64_t total = p->no_total ? -1 : l->total;
	bool all = total > 0 && p->received >= total;

	if (l->items.p)
		count_entries(l, p->last);
	if (l->count == 0)
		return end_chain(p, total);
	if (p->received > INT64_MAX - l->count)
		return fail(p, "an offset that is too large");
	if (l->offset >= 0 && p->offset >= 0 && l->offset != p->offset)
		return fail_with(p, PAGES_BAD,
		    "the offset of this page is %" PRId64 ", not %" PRId64,
		    l->offset, p->offset);
	if (all && (l->repeated == l->count || p->paging == PAGING_PLAYLIST))
		return end_chain(p, total);
	if (is_repeated(p, l))
		return fail(p, "this page is the same as one before");
	if (all)
		return fail_with(p, PAGES_SHORT,
		    "it goes on after its %" PRId64 " entries", total);
	return next_page(p, l, total);
}

/* Request the snapshot id once more: has the list changed meanwhile? */
static enum pages_result request_check(struct pages *p)
{
	bool query = url_query(buf_slice(&p->first)).p;

	p->kind = PAGE_CHECK;
	if (!buf_printf(
		&p->first, "%cfields=id,snapshot_id", query ? '&' : '?'))
		return fail(p, url_too_long);
	return set_page(p, buf_slice(&p->first));
}

/* After a page of a playlist: the next page of its items, or the check. */
static enum pages_result next_of_playlist(struct pages *p, enum pages_result r)
{
	if (r == PAGES_END && p->kind == PAGE_ITEMS)
		return request_check(p);
	p->kind = PAGE_ITEMS;
	return r;
}

/*
 * A playlist embeds the first page of its list, in one of two members. If it
 * has both, one of them may be without entries.
 */
static bool read_embedded(
    struct pages *p, struct slice body, struct page_links *l)
{
	static const char *const members[] = {"items", "tracks", "items"};

	for (size_t i = 0; i < COUNT_OF(members); i++) {
		p->member = members[i];
		if (read_links(body, p->member, l) && (l->items.p || i == 2))
			return true;
	}
	return false;
}

static enum pages_result next_playlist_page(struct pages *p, struct slice body)
{
	struct page_links l;

	if (p->kind == PAGE_CHECK)
		return PAGES_END;
	if (p->kind == PAGE_ITEMS)
		read_links(body, "", &l);
	else if (!read_embedded(p, body, &l))
		return PAGES_END;
	return next_of_playlist(p, page_done(p, &l));
}

enum pages_result pages_next(struct pages *p, struct slice body)
{
	struct page_links l;

	if (p->paging == PAGING_NONE)
		return PAGES_END;
	if (p->paging == PAGING_PLAYLIST)
		return next_playlist_page(p, body);
	read_links(body, p->paging == PAGING_NEXT ? "artists" : "", &l);
	return page_done(p, &l);
}

/* The time of one item, INT64_MAX if it has none; its object is open. */
static int64_t played_at(struct json *j)
{
	int64_t time, at = INT64_MAX;
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j->key, "played_at") &&
		    clock_parse(j->text, &time))
			at = time;
		json_skip(j, type);
	}
	return at;
}

/* Whether one of the items, or their absence, reaches back to a time. */
static bool items_reach(struct json *j, int64_t time)
{
	bool empty = true, reached = false;
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_ARRAY_END) {
		empty = false;
		if (type == JSON_OBJECT)
			reached |= played_at(j) <= time;
		else
			json_skip(j, type);
	}
	return empty || reached;
}

bool page_reaches_time(struct slice body, int64_t time)
{
	enum json_type type;
	struct json j;

	json_init(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_ARRAY && slice_is(j.key, "items"))
			return items_reach(&j, time);
		json_skip(&j, type);
	}
	return false;
}
