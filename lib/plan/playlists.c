#include "base/clock.h"
#include "base/url.h"
#include "db/statements.h"
#include "json/json.h"
#include "plan/plan.h"

#define LIST_PAGE_SIZE 50  /* playlists a page */
#define ITEMS_INCLUDED 100 /* items that a playlist comes with */
#define ITEMS_PAGE_SIZE 50 /* further items a page, at least */

/* The playlist with its first items, the other pages, and the check. */
static int64_t pages_of(int64_t items)
{
	if (items <= ITEMS_INCLUDED)
		return 1;
	return 2 + plan_pages(items - ITEMS_INCLUDED, ITEMS_PAGE_SIZE);
}

/* The pages from a checkpoint on, and the check. */
static int64_t pages_from(const struct checkpoint *c, int64_t items)
{
	struct slice query = url_query(slice_of(c->next));
	int64_t offset = items, limit = ITEMS_PAGE_SIZE;

	param_find_int(query, "offset", &offset);
	param_find_int(query, "limit", &limit);
	if (offset < 0 || offset >= items || limit < 1)
		return 1;
	return 1 + plan_pages(items - offset, limit);
}

/*
 * The checkpoint of a playlist that was cut short. It is of no use if the
 * playlist has changed since.
 */
static const struct checkpoint *find_checkpoint(
    struct plan *p, const struct plan_request *r)
{
	const struct checkpoint *c = plan_checkpoint(p, r);
	bool current = false;
	struct query q;

	if (!c || !c->next)
		return NULL;
	plan_query(p, &q, &sql_is_list_current, 0);
	query_bind_text(&q, ":playlist", r->id);
	query_bind_text(&q, ":list", slice_of(c->list));
	while (plan_step(p, &q))
		current = true;
	return current ? c : NULL;
}

/* Request a playlist of so many items; -1 if that is unknown. */
static void request_playlist(struct plan *p, struct slice id, int64_t items)
{
	struct plan_request r = {.endpoint = "playlist", .id = id, .pages = -1};

	r.resume = find_checkpoint(p, &r);
	if (items >= 0)
		r.pages =
		    r.resume ? pages_from(r.resume, items) : pages_of(items);
	plan_send(p, &r);
}

/* Prepare playlists_to_request: those that are due, or need no request. */
static void find_playlists(struct plan *p, struct query *q, bool fresh)
{
	plan_query(p, q, &sql_playlists_to_request, p->options->playlist_age);
	query_bind_int(q, ":fresh", fresh);
	query_bind_int(q, ":all", p->options->force);
}

static void request_due(struct plan *p)
{
	struct query q;

	find_playlists(p, &q, false);
	while (plan_step(p, &q))
		request_playlist(p, query_text(&q, 0),
		    query_is_null(&q, 1) ? -1 : query_int(&q, 1));
}

/* Append the playlists that may leave the queue, as a JSON array, if any. */
static void put_dequeued(struct plan *p, struct buf *ids)
{
	struct query q;

	find_playlists(p, &q, true);
	while (plan_step(p, &q)) {
		buf_putc(ids, ids->n ? ',' : '[');
		json_put_string(ids, query_text(&q, 0));
	}
	if (ids->n)
		buf_putc(ids, ']');
	if (ids->failed)
		plan_fail(p, SQLITE_TOOBIG);
}

/*
 * Request the user's list of playlists. The playlists that leave the queue go
 * with the request and come back in its capture, so that a replay has them,
 * too.
 */
static void request_list(struct plan *p)
{
	struct plan_request r = {
	    .endpoint = "my-playlists", .query = "?limit=50&offset=0"};
	struct buf ids = BUF_INIT((size_t)16 << 20);

	if (p->source && !p->options->force)
		put_dequeued(p, &ids);
	r.dequeue = buf_slice(&ids);
	r.pages = plan_pages(
	    plan_count(p, &sql_count_listed_playlists, 0), LIST_PAGE_SIZE);
	plan_send_rest(p, &r);
	buf_release(&ids);
}

static void plan_playlists(struct plan *p)
{
	if (plan_is_limited(p, "playlist"))
		return;
	request_list(p);
	request_due(p);
}

static int64_t count_queued(struct plan *p, int64_t *days)
{
	(void)days;
	return plan_count(p, &sql_count_queued_playlists, 0);
}

const struct job job_playlists = {.name = "playlists",
    .purpose = "your playlists, and the tracks of those that changed",
    .interval = 7 * CLOCK_DAY,
    .plan = plan_playlists,
    .waiting = count_queued,
    .urgent = &sql_are_playlists_urgent};
