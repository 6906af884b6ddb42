/*
 * Fills in the catalogue: tracks known by their id only, then artists and
 * albums of which no full object was seen. All of this can wait, so that it may
 * use only a part of what the API grants an app in a day.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/ulid.h"
#include "db/statements.h"
#include "plan/plan.h"
#include "spotify/endpoint.h"

#define RUN_MAX CLOCK_DAY /* ms; longer than a run takes */

static const struct kind {
	const char *single; /* the endpoint of one, and what it is */
	const char *batch;  /* the endpoint of several */
	int64_t most;	    /* ids that one request may name */
} kinds[] = {{"track", "tracks", 50}, {"artist", "artists", 50},
    {"album", "albums", 20}};

/* How an app may request things of a kind. */
struct access {
	int64_t most;	  /* at once; 0 if not at all */
	int64_t requests; /* that make sense now */
};

static struct access find_access(struct plan *p, const struct kind *kind)
{
	struct access a = {kind->most, INT64_MAX};
	struct query q;

	plan_query(p, &q, &sql_catalogue_access, 0);
	query_bind_text(&q, ":single", slice_of(kind->single));
	query_bind_text(&q, ":batch", slice_of(kind->batch));
	while (plan_step(p, &q)) {
		bool batch_refused = query_int(&q, 0);
		bool single_refused = query_int(&q, 1);
		bool single_answered = query_int(&q, 2);
		bool bad_id = query_int(&q, 3);

		if (batch_refused && !p->options->force)
			a.most = single_answered || !single_refused;
		if (bad_id && !p->options->force)
			a = (struct access){1, kind->most};
	}
	return a;
}

/* Prepare catalogue_to_request: what is open of a kind. */
static void find_open(
    struct plan *p, struct query *q, const struct kind *kind, bool ranked)
{
	plan_query(p, q, &sql_catalogue_to_request, 0);
	query_bind_text(q, ":kind", slice_of(kind->single));
	query_bind_int(q, ":ranked", ranked);
	query_bind_int(q, ":force", p->options->force);
}

/* How many objects are open, and the requests that they need. */
struct open_items {
	int64_t count, requests;
};

static struct open_items count_open(struct plan *p)
{
	struct open_items all = {0, 0};

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct access a = find_access(p, &kinds[i]);
		int64_t n = 0;
		struct query q;

		if (a.most == 0)
			continue;
		find_open(p, &q, &kinds[i], false);
		while (plan_step(p, &q))
			n++;
		all.count += n;
		all.requests += (n + a.most - 1) / a.most;
	}
	return all;
}

/* Whether the captures of an earlier run are not loaded yet. */
static bool is_unloaded(struct plan *p)
{
	bool unloaded = false;
	struct query q;

	plan_query(p, &q, &sql_is_catalogue_run_unloaded, 0);
	query_bind_time(&q, ":since", p->now - CLOCK_DAY - RUN_MAX);
	while (plan_step(p, &q))
		unloaded = query_int(&q, 0);
	if (unloaded)
		snprintf(p->outcome.reason, sizeof(p->outcome.reason),
		    "the captures of an earlier run are not loaded yet");
	return unloaded;
}

/* Say that the limit is used up, and when the oldest request will be a day old.
 */
static void explain_limit(struct plan *p, int64_t used, struct slice oldest)
{
	char text[CLOCK_TEXT] = "";
	int64_t at;

	if (clock_parse(oldest, &at))
		clock_format(at + CLOCK_DAY, text);
	snprintf(p->outcome.reason, sizeof(p->outcome.reason),
	    "%" PRId64
	    " requests were sent within 24 hours, of at most %" PRId64 "%s%s",
	    used, p->options->catalogue_limit, *text ? ": more after " : "",
	    text);
}

/* How many requests may be sent now. */
static int64_t find_allowance(struct plan *p)
{
	struct buf names = BUF_INIT(4096);
	int64_t used = 0, limit = p->options->catalogue_limit;
	char since[ULID_TEXT];
	struct query q;

	ulid_make_first(p->now - p->clock_off - CLOCK_DAY - RUN_MAX, since);
	endpoints_put_of_bucket(BUCKET_CATALOGUE, &names);
	plan_query(p, &q, &sql_catalogue_requests, 0);
	query_bind_time(&q, ":day_ago", p->now - CLOCK_DAY);
	query_bind_text(&q, ":endpoints", buf_slice(&names));
	query_bind_text(&q, ":since_run", slice_of(since));
	while (plan_step(p, &q)) {
		used = query_int(&q, 0);
		if (used >= limit)
			explain_limit(p, used, query_text(&q, 1));
	}
	buf_release(&names);
	return used < limit ? limit - used : 0;
}

/* Send a batch, and clear it. */
static void send_batch(
    struct plan *p, const struct kind *kind, struct buf *query)
{
	if (query->failed)
		plan_fail(p, SQLITE_TOOBIG);
	plan_send(p, &(struct plan_request){.endpoint = kind->batch,
			 .query = buf_cstr(query),
			 .background = true});
	buf_clear(query);
}

/* Say that the API refuses a kind of objects to this app, in every way. */
static void explain_refusal(struct plan *p, const struct kind *kind)
{
	size_t n = strlen(p->outcome.reason);

	snprintf(p->outcome.reason + n, sizeof(p->outcome.reason) - n,
	    "%s%s are not available to this app: "
	    "the API refused them with status 403",
	    n ? "; " : "", kind->batch);
}

/* Request what is open of a kind, with at most so many requests. */
static void request_kind(
    struct plan *p, const struct kind *kind, int64_t allowed)
{
	struct access a = find_access(p, kind);
	int64_t n = 0, until;
	struct buf query = BUF_INIT(4096);
	struct query q;

	until = p->requests + (allowed < a.requests ? allowed : a.requests);
	if (a.most == 0)
		explain_refusal(p, kind);
	if (a.most == 0 || allowed == 0)
		return;
	find_open(p, &q, kind, p->source != NULL);
	while (p->requests < until && query_step(&q)) {
		if (a.most == 1) {
			plan_send(
			    p, &(struct plan_request){.endpoint = kind->single,
				   .id = query_text(&q, 0),
				   .background = true});
			continue;
		}
		buf_puts(&query, query.n ? "," : "?ids=");
		buf_put_slice(&query, query_text(&q, 0));
		if (++n % a.most == 0)
			send_batch(p, kind, &query);
	}
	if (query.n)
		send_batch(p, kind, &query);
	plan_end_query(p, &q);
	buf_release(&query);
}

static void plan_catalogue(struct plan *p)
{
	int64_t allowed;

	if (plan_is_limited(p, kinds[0].single) || is_unloaded(p))
		return;
	allowed = find_allowance(p);
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		request_kind(p, &kinds[i], allowed - p->requests);
}

static int64_t count_waiting(struct plan *p, int64_t *days)
{
	struct open_items open = count_open(p);
	int64_t limit = p->options->catalogue_limit;

	if (limit > 0)
		*days = (open.requests + limit - 1) / limit;
	return open.count;
}

const struct job job_catalogue = {.name = "catalogue",
    .purpose = "details of tracks, artists and albums, a few a day",
    .interval = CLOCK_DAY - CLOCK_HOUR,
    .background = true,
    .plan = plan_catalogue,
    .waiting = count_waiting,
    .urgent = &sql_is_a_track_open};
