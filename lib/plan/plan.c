#include "plan/plan.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/url.h"
#include "db/dead_letters.h"
#include "db/statements.h"
#include "json/json.h"
#include "merge/merge.h"
#include "plan/deadlines.h"
#include "spotify/endpoint.h"

void plan_fail(struct plan *p, int rc)
{
	if (p->rc == SQLITE_OK)
		p->rc = rc;
}

void plan_query(
    struct plan *p, struct query *q, const struct sql *sql, int64_t age)
{
	if (p->rc != SQLITE_OK) {
		*q = (struct query){.db = p->db, .rc = p->rc};
		return;
	}
	query_prepare(q, p->db, sql);
	if (query_has(q, ":user"))
		query_bind_text(q, ":user", buf_slice(&p->user));
	if (query_has(q, ":account"))
		query_bind_text(q, ":account", slice_of(p->options->account));
	if (query_has(q, ":job"))
		query_bind_text(q, ":job", slice_of(p->job->name));
	if (query_has(q, ":now"))
		query_bind_time(q, ":now", p->now);
	if (query_has(q, ":refused_since"))
		query_bind_time(
		    q, ":refused_since", p->now - p->options->refusal_age);
	if (query_has(q, ":answered_since"))
		query_bind_time(
		    q, ":answered_since", p->now - p->options->catalogue_age);
	if (query_has(q, ":stale_since"))
		query_bind_time(q, ":stale_since", p->now - age);
}

void plan_end_query(struct plan *p, struct query *q)
{
	plan_fail(p, query_finish(q));
}

bool plan_step(struct plan *p, struct query *q)
{
	if (p->rc == SQLITE_OK && query_step(q))
		return true;
	plan_end_query(p, q);
	return false;
}

int64_t plan_count(struct plan *p, const struct sql *sql, int64_t age)
{
	struct query q;
	int64_t n = 0;

	plan_query(p, &q, sql, age);
	while (plan_step(p, &q))
		n = query_int(&q, 0);
	return n;
}

int64_t plan_pages(int64_t items, int64_t page_size)
{
	return items > 0 ? (items + page_size - 1) / page_size : -1;
}

/*
 * The ms to add to this machine's clock to get the one by which captures are
 * dated: those that sp-fetch last added, if it did so recently.
 */
static int64_t clock_correction(struct plan *p, int64_t now)
{
	struct query q;
	int64_t off = 0, at, age;

	plan_query(p, &q, &sql_newest_clock_correction, 0);
	while (plan_step(p, &q)) {
		if (!clock_parse(query_text(&q, 0), &at))
			continue;
		off = query_int(&q, 1);
		age = now + off - at;
		if (age < 0 || age > DEADLINE_MAX)
			off = 0;
	}
	return off;
}

static void find_user(struct plan *p)
{
	struct query q;

	if (p->options->user) {
		buf_puts(&p->user, p->options->user);
		return;
	}
	plan_query(p, &q, &sql_user_of_account, 0);
	while (plan_step(p, &q))
		buf_put_slice(&p->user, query_text(&q, 0));
}

void plan_init(struct plan *p, sqlite3 *db, const struct job *job,
    const struct plan_options *options)
{
	int64_t now = clock_now();

	*p = (struct plan){.db = db,
	    .job = job,
	    .options = options,
	    .user = BUF_INIT(4096),
	    .cursor = -1};
	p->clock_off = clock_correction(p, now);
	p->now = now + p->clock_off;
	find_user(p);
}

int plan_finish(struct plan *p)
{
	buf_release(&p->user);
	checkpoints_release(&p->checkpoints);
	return p->rc;
}

/* A cursor in the future, or void, counts as absent. */
static void read_cursor(struct plan *p)
{
	struct query q;

	plan_query(p, &q, &sql_read_cursor, 0);
	while (plan_step(p, &q)) {
		int64_t value = query_int(&q, 0);

		if (value <= p->now &&
		    !merge_cursor_is_void(value, query_text(&q, 1)))
			p->cursor = value;
	}
}

static void send_run(struct plan *p)
{
	struct buf *b = source_begin(p->source, RECORD_RUN);
	struct query q;

	json_put_member(b, "job", slice_of(p->job->name));
	json_put_member(b, "account", slice_of(p->options->account));
	if (p->user.n)
		json_put_member(b, "user", buf_slice(&p->user));
	json_put_member(b, "started_at", slice_of(p->source->started_at));
	if (p->clock_off)
		json_put_member_int(b, "clock_off", p->clock_off);
	if (p->cursor >= 0)
		json_put_member_int(b, "cursor", p->cursor);
	plan_query(p, &q, &sql_scopes_of_account, 0);
	while (plan_step(p, &q))
		json_put_member(b, "scopes", query_text(&q, 0));
	if (p->rc == SQLITE_OK)
		plan_fail(
		    p, dead_letters_put_known(p->db, buf_slice(&p->user), b));
	source_send(p->source, RECORD_RUN);
}

void plan_run(struct plan *p, struct source *source)
{
	p->source = source;
	read_cursor(p);
	if (p->rc == SQLITE_OK && !p->options->force)
		plan_fail(p, checkpoints_read(&p->checkpoints, p->db,
				 buf_slice(&p->user), p->job->name, p->now));
	if (p->rc == SQLITE_OK && source)
		send_run(p);
	if (p->rc == SQLITE_OK && p->job->plan)
		p->job->plan(p);
	if (p->rc == SQLITE_OK && source)
		source_end(source, &p->outcome);
}

bool plan_is_limited(struct plan *p, const char *endpoint)
{
	enum bucket bucket = bucket_of(slice_of(endpoint));
	struct buf names = BUF_INIT(4096);
	struct outcome *o = &p->outcome;
	size_t n = strlen(o->reason);
	char until[CLOCK_TEXT] = "";

	endpoints_put_of_bucket(bucket, &names);
	if (p->rc == SQLITE_OK)
		plan_fail(p, deadlines_find(p->db, buf_slice(&p->user),
				 buf_cstr(&names), p->now, until));
	buf_release(&names);
	if (!*until)
		return false;
	o->exit = EX_TEMPFAIL;
	snprintf(o->reason + n, sizeof(o->reason) - n,
	    "%s%s: rate limited: try again at %s", n ? ", " : "",
	    bucket_name(bucket), until);
	if (!*o->until || strcmp(until, o->until) < 0)
		memcpy(o->until, until, sizeof(o->until));
	return true;
}

/* Append the URL of a request, from /v1/ on; fails where it is too long. */
static void put_url(
    struct plan *p, const struct plan_request *r, struct buf *url)
{
	const struct endpoint *e = endpoint_named(slice_of(r->endpoint));
	struct buf id = BUF_INIT(4096);

	if (r->id.p && !url_encode(&id, r->id, ""))
		plan_fail(p, SQLITE_TOOBIG);
	endpoint_put_path(e,
	    r->id.p ? slice_of(buf_cstr(&id)) : (struct slice){NULL, 0}, url);
	if (r->query)
		buf_puts(url, r->query);
	if (url->failed)
		plan_fail(p, SQLITE_TOOBIG);
	buf_release(&id);
}

static void put_request(
    struct plan *p, const struct plan_request *r, struct slice url)
{
	const struct endpoint *e = endpoint_named(slice_of(r->endpoint));
	struct buf *b = source_begin(p->source, RECORD_REQUEST);

	json_put_member_int(b, "seq", p->requests);
	json_put_member(b, "endpoint", slice_of(r->endpoint));
	json_put_member(b, "url", url);
	if (e->paging)
		json_put_member(b, "paging", slice_of(paging_name(e->paging)));
	if (r->resume) {
		json_put_member(b, "next", slice_of(r->resume->next));
		json_put_member_int(b, "page", r->resume->page + 1);
		json_put_member(b, "list", slice_of(r->resume->list));
	}
	if (e->subject || r->background)
		json_put_member_raw(b, "optional", SLICE("true"));
	if (r->background)
		json_put_member_raw(b, "background", SLICE("true"));
	if (r->cursor > 0)
		json_put_member_int(b, "cursor", r->cursor);
	if (r->dequeue.n)
		json_put_member_raw(b, "dequeue", r->dequeue);
	source_send(p->source, RECORD_REQUEST);
}

void plan_send(struct plan *p, const struct plan_request *r)
{
	struct buf url = BUF_INIT(65536);

	p->requests++;
	p->pages += r->pages > 0 ? r->pages : 1;
	p->unknown += r->pages < 0;
	if (!p->source)
		return;
	put_url(p, r, &url);
	if (p->rc == SQLITE_OK)
		put_request(p, r, buf_slice(&url));
	buf_release(&url);
}

const struct checkpoint *plan_checkpoint(
    struct plan *p, const struct plan_request *r)
{
	const struct checkpoint *found = NULL;
	struct buf url = BUF_INIT(65536);

	if (p->checkpoints.count == 0)
		return NULL;
	put_url(p, r, &url);
	if (p->rc == SQLITE_OK)
		found = checkpoints_find(&p->checkpoints, buf_cstr(&url));
	buf_release(&url);
	return found;
}

void plan_send_rest(struct plan *p, struct plan_request *r)
{
	const struct endpoint *e = endpoint_named(slice_of(r->endpoint));
	const struct checkpoint *c = plan_checkpoint(p, r);

	if (c && !c->next && (c->next_known || !e->paging))
		return;
	if (c && c->next) {
		r->resume = c;
		if (r->pages >= 0)
			r->pages = r->pages > c->page ? r->pages - c->page : -1;
	}
	plan_send(p, r);
}
