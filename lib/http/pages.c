#include "http/pages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "json/json.h"

/* Of the pages of a playlist's list that have no link to follow. */
#define ITEMS_LIMIT 50

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
	hash_set_release(&p->asked);
	hash_set_release(&p->entries);
}

static enum pages_result bad(struct pages *p, const char *why)
{
	p->why = why;
	return PAGES_BAD;
}

/* The same with a reason that has numbers in it. */
__attribute__((format(printf, 3, 4))) static enum pages_result tell(
    struct pages *p, enum pages_result result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	p->why = p->text;
	return result;
}

/* Whether a text is not among those so far; two collide once in 2^64. */
static bool is_new(struct hash_set *hashes, struct slice text)
{
	return hash_set_add(hashes, hash_bytes(0, text));
}

/* Make `ref` the page to request, if that is allowed. */
static enum pages_result go_to(struct pages *p, struct slice ref)
{
	const char *why;

	if (p->number >= p->max)
		return bad(p, "more pages than --max-pages");
	buf_clear(&p->url);
	why = url_resolve(p->api, ref, &p->url);
	if (why)
		return bad(p, why);
	if (!is_new(&p->asked, url_path(buf_slice(&p->url))))
		return bad(p, "a page that was requested before");
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

/* Whether the list is read from its first entry on. */
static bool is_start(struct slice url)
{
	struct slice query = url_query(url), cursor;

	return !param_find(query, "after", &cursor) &&
	       !param_find(query, "before", &cursor);
}

enum pages_result pages_begin(struct pages *p, struct slice ref,
    enum paging paging, const struct pages_stop *stop)
{
	enum pages_result r;

	p->paging = paging;
	p->number = 0;
	p->kind = PAGE_PLAIN;
	p->skipped = p->no_total = false;
	p->last = 0;
	p->again = 0;
	hash_set_clear(&p->asked);
	hash_set_clear(&p->entries);
	buf_clear(&p->first);
	r = go_to(p, ref);
	if (p->offset < 0 && paging != PAGING_NEXT)
		p->offset = 0;
	p->came = p->offset;
	if (p->came < 0 && is_start(buf_slice(&p->url)))
		p->came = 0;
	if (r != PAGES_MORE)
		return r;
	buf_put_slice(&p->first, buf_slice(&p->url));
	if (!stop->url.p)
		return r;
	p->number = stop->number - 1;
	p->kind = kind_of(paging, ref, stop->url);
	r = go_to(p, stop->url);
	p->came = p->offset;
	return r;
}

/* The paging members of a page. */
struct links {
	enum json_type next; /* JSON_END if there is none */
	struct slice next_text;
	struct slice after;    /* of its cursors, as written; or p == NULL */
	int64_t offset, total; /* -1 if there is none */
	struct slice items;    /* the list, as JSON; p == NULL if none */
	int64_t count;	       /* of its entries, also of those that are null */
	int64_t again;	   /* of them up to the last one of the page before */
	struct slice last; /* the last one that is not null; or p == NULL */
};

static const struct links no_links = {
    .next = JSON_END, .offset = -1, .total = -1};

/* Count the entries; `before` is the hash of the last one of the page before.
 */
static void count_entries(struct links *l, uint64_t before)
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
			l->again = l->count;
	}
}

static void read_cursors(struct json *j, struct links *l)
{
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j->key, "after"))
			l->after = j->text;
		json_skip(j, type);
	}
}

static void read_member(struct json *j, enum json_type type, struct links *l)
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
static bool read_links(struct slice body, const char *name, struct links *l)
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
static enum pages_result follow(struct pages *p, const struct links *l)
{
	enum pages_result r;

	if (l->next != JSON_STRING)
		return bad(p, "a next that is no string");
	buf_clear(&p->next);
	if (!json_unescape(l->next_text, &p->next))
		return bad(p, url_too_long);
	r = go_to(p, buf_slice(&p->next));
	/* What it passes over is not made up for by its own offset. */
	p->skipped |= p->came >= 0 && p->offset > p->came;
	return r;
}

/* The same URL with the cursor of the next page. */
static bool put_after(struct pages *p, const struct links *l)
{
	struct buf after = BUF_INIT(URL_MAX);
	bool ok = json_unescape(l->after, &after) &&
		  url_set_query(
		      &p->next, buf_slice(&p->url), "after", buf_slice(&after));

	buf_release(&after);
	return ok;
}

/*
 * The page that follows the entries that came. By their number and not by the
 * limit: a server may allow less than was asked for, without saying so.
 */
static enum pages_result ask_on(struct pages *p, const struct links *l)
{
	struct slice url = buf_slice(&p->url);
	char offset[24];
	bool ok;

	buf_clear(&p->next);
	if (p->paging == PAGING_PLAYLIST && p->kind == PAGE_PLAIN) {
		buf_put_slice(&p->next, url_endpoint(url));
		ok = buf_printf(&p->next, "/%s?offset=%" PRId64 "&limit=%d",
		    p->member, p->came, ITEMS_LIMIT);
	} else if (p->offset < 0 && l->offset < 0) {
		ok = put_after(p, l);
	} else {
		snprintf(offset, sizeof(offset), "%" PRId64, p->came);
		ok = url_set_query(&p->next, url, "offset", slice_of(offset));
	}
	return ok ? go_to(p, buf_slice(&p->next)) : bad(p, url_too_long);
}

/* Whether a page can be asked for without a link to it. */
static bool can_ask_on(const struct pages *p, const struct links *l)
{
	return p->came >= 0 && !p->skipped &&
	       (p->offset >= 0 || l->offset >= 0 || l->after.p);
}

/* No more is to be had: whether that is all there is. */
static enum pages_result end(struct pages *p, int64_t total)
{
	int64_t came = p->came - p->again;

	if (p->came < 0 || came >= total || p->paging == PAGING_PLAYLIST)
		return PAGES_END; /* sp-load counts the items of playlists */
	return tell(p, PAGES_SHORT,
	    "it ends after %" PRId64 " of %" PRId64 " entries", came, total);
}

/*
 * Whether the entries of a page are those of a page before. Pages of null say
 * nothing, and a playlist may have equal ones at different offsets.
 */
static bool is_repeated(struct pages *p, const struct links *l)
{
	if (!l->last.p || (p->paging == PAGING_PLAYLIST && l->offset >= 0))
		return false;
	return !is_new(&p->entries, l->items);
}

/* After a page with entries: count them, and find the page that follows. */
static enum pages_result go_on(
    struct pages *p, const struct links *l, int64_t total)
{
	bool more = l->next != JSON_END && l->next != JSON_NULL;
	enum pages_result r;

	/* Fewer than there are on the first page cannot be all. */
	if (p->came == 0 && total >= 0 && l->count > total) {
		p->no_total = true;
		total = -1;
	}
	if (p->came >= 0)
		p->came += l->count;
	p->again += l->again;
	p->last = hash_bytes(0, l->last);
	/* By offset it goes on until an empty page, if nothing says more. */
	more |= p->paging == PAGING_OFFSET && l->next == JSON_END && total < 0;
	if (more && p->paging != PAGING_OFFSET) {
		r = follow(p, l);
		/* Where a link leads is all the same once all have come. */
		return r == PAGES_BAD && total > 0 && p->came >= total
			   ? end(p, total)
			   : r;
	}
	if ((more || (p->came >= 0 && p->came < total)) && can_ask_on(p, l))
		return ask_on(p, l);
	return end(p, total);
}

/*
 * Go on while there are entries and a link to more, or fewer came than there
 * are in all. Numbers that cannot be true are not believed: neither an offset
 * nor a total, and no link when all have come.
 */
static enum pages_result page_done(struct pages *p, struct links *l)
{
	int64_t total = p->no_total ? -1 : l->total;
	bool all = total > 0 && p->came >= total;

	if (l->items.p)
		count_entries(l, p->last);
	if (l->count == 0)
		return end(p, total);
	if (p->came > INT64_MAX - l->count)
		return bad(p, "an offset that is too large");
	if (l->offset >= 0 && p->offset >= 0 && l->offset != p->offset)
		return tell(p, PAGES_BAD,
		    "the offset of this page is %" PRId64 ", not %" PRId64,
		    l->offset, p->offset);
	if (all && (l->again == l->count || p->paging == PAGING_PLAYLIST))
		return end(p, total);
	if (is_repeated(p, l))
		return bad(p, "this page is the same as one before");
	if (all)
		return tell(p, PAGES_SHORT,
		    "it goes on after its %" PRId64 " entries", total);
	return go_on(p, l, total);
}

/* Request the snapshot once more, to see whether the list has changed. */
static enum pages_result check(struct pages *p)
{
	bool query = url_query(buf_slice(&p->first)).p;

	p->kind = PAGE_CHECK;
	if (!buf_printf(
		&p->first, "%cfields=id,snapshot_id", query ? '&' : '?'))
		return bad(p, url_too_long);
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

/*
 * A playlist embeds the first page of its list, in one of two members; where
 * both are there, one may have no entries to see.
 */
static bool read_embedded(struct pages *p, struct slice body, struct links *l)
{
	static const char *const members[] = {"items", "tracks", "items"};

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		p->member = members[i];
		if (read_links(body, p->member, l) && (l->items.p || i == 2))
			return true;
	}
	return false;
}

static enum pages_result read_on(struct pages *p, struct slice body)
{
	struct links l;

	if (p->kind == PAGE_CHECK)
		return PAGES_END;
	if (p->kind == PAGE_ITEMS)
		read_links(body, "", &l);
	else if (!read_embedded(p, body, &l))
		return PAGES_END;
	return turn(p, page_done(p, &l));
}

enum pages_result pages_next(struct pages *p, struct slice body)
{
	struct links l;

	if (p->paging == PAGING_NONE)
		return PAGES_END;
	if (p->paging == PAGING_PLAYLIST)
		return read_on(p, body);
	read_links(body, p->paging == PAGING_NEXT ? "artists" : "", &l);
	return page_done(p, &l);
}
