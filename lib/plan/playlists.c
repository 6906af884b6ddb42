#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"
#include "db/statements.h"
#include "json/json.h"
#include "plan/plan.h"

#define LISTS_PAGE_SIZE 50 /* playlists a page */
#define ITEMS_INCLUDED 100 /* that a playlist comes with */
#define ITEMS_PAGE_SIZE \
	50 /* further ones a page, the least that the API gives */

/* The playlist with its first items, the other pages, and the check. */
static int64_t pages_of(int64_t items)
{
	if (items <= ITEMS_INCLUDED)
		return 1;
	return 2 + plan_pages(items - ITEMS_INCLUDED, ITEMS_PAGE_SIZE);
}

/* A number in the query of a URL, or what it is without one. */
static int64_t number_in(const char *url, const char *name, int64_t without)
{
	param_find_int(url_query(slice_of(url)), name, &without);
	return without;
}

/* The pages that are left from a stop on, and the check. */
static int64_t pages_from(const struct checkpoint *checkpoint, int64_t items)
{
	int64_t offset = number_in(checkpoint->next, "offset", items);
	int64_t limit = number_in(checkpoint->next, "limit", ITEMS_PAGE_SIZE);

	if (offset < 0 || offset >= items || limit < 1)
		return 1;
	return 1 + plan_pages(items - offset, limit);
}

/* The pages that a limit cut short, if there is a use for the rest. */
static int find_checkpoint(struct plan *p, struct slice id, const char *url,
    const struct checkpoint **checkpoint)
{
	const struct checkpoint *s = checkpoints_find(&p->checkpoints, url);
	struct query q;

	*checkpoint = NULL;
	if (!s || !s->next)
		return SQLITE_OK;
	query_prepare(&q, p->db, &sql_is_list_current);
	query_bind_text(&q, ":playlist", id);
	query_bind_text(&q, ":list", slice_of(s->list));
	if (query_step(&q))
		*checkpoint = s;
	return query_finish(&q);
}

/* Ask for a playlist of so many items; -1 if that is not known. */
static int request_playlist(struct plan *p, struct slice id, int64_t items)
{
	struct buf url = BUF_INIT(4096);
	struct plan_request r = {
	    .endpoint = "playlist", .pages = items < 0 ? -1 : pages_of(items)};
	int rc = SQLITE_TOOBIG;

	plan_put_path(&url, r.endpoint, id);
	r.url = buf_cstr(&url);
	if (r.url)
		rc = find_checkpoint(p, id, r.url, &r.checkpoint);
	if (r.checkpoint && items >= 0)
		r.pages = pages_from(r.checkpoint, items);
	if (rc == SQLITE_OK)
		plan_send(p, &r);
	buf_release(&url);
	return rc;
}

/* Prepare playlists_to_request: those that are due, or need no request. */
static void find_playlists(struct plan *p, struct query *q, bool fresh)
{
	plan_query(p, q, &sql_playlists_to_request, p->options->playlist_age);
	query_bind_int(q, ":fresh", fresh);
	query_bind_int(q, ":all", p->options->force);
}

static int request_due(struct plan *p)
{
	struct query q;

	find_playlists(p, &q, false);
	while (query_step(&q))
		query_fail(
		    &q, request_playlist(p, query_text(&q, 0),
			    query_is_null(&q, 1) ? -1 : query_int(&q, 1)));
	return query_finish(&q);
}

/* Name the playlists that may leave the queue, as a JSON array, if any. */
static int put_dequeued(struct plan *p, struct buf *ids)
{
	struct query q;

	find_playlists(p, &q, true);
	while (query_step(&q)) {
		buf_putc(ids, ids->n ? ',' : '[');
		json_put_string(ids, query_text(&q, 0));
	}
	if (ids->n)
		buf_putc(ids, ']');
	if (ids->failed)
		query_fail(&q, SQLITE_TOOBIG);
	return query_finish(&q);
}

/*
 * Ask for the account's list. What leaves the queue goes with the request and
 * comes back with its capture: so a replay has it, too.
 */
static int request_list(struct plan *p)
{
	struct plan_request r = {.endpoint = "my-playlists"};
	struct buf ids = BUF_INIT((size_t)16 << 20), url = BUF_INIT(256);
	int64_t length;
	int rc = plan_count(p, &sql_count_listed_playlists, &length);

	plan_put_path(&url, r.endpoint, (struct slice){NULL, 0});
	buf_printf(&url, "?limit=%d&offset=0", LISTS_PAGE_SIZE);
	if (rc == SQLITE_OK && p->source && !p->options->force)
		rc = put_dequeued(p, &ids);
	r.url = buf_cstr(&url);
	r.dequeue = buf_slice(&ids);
	r.pages = plan_pages(length, LISTS_PAGE_SIZE);
	if (rc == SQLITE_OK && !r.url)
		rc = SQLITE_TOOBIG;
	if (rc == SQLITE_OK)
		plan_send_rest(p, &r);
	buf_release(&ids);
	buf_release(&url);
	return rc;
}

int plan_playlists(struct plan *p)
{
	int rc;

	if (plan_is_limited(p, "playlist"))
		return SQLITE_OK;
	rc = request_list(p);
	return rc == SQLITE_OK ? request_due(p) : rc;
}

int plan_playlists_waiting(struct plan *p, int64_t *n)
{
	return plan_count(p, &sql_count_queued_playlists, n);
}
