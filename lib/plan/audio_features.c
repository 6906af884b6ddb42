#include <stdio.h>

#include "base/clock.h"
#include "base/url.h"
#include "db/statements.h"
#include "plan/plan.h"

#define BATCH 100 /* ids that one request may name */

/*
 * How this app may request audio features, as the statuses of its earlier
 * requests show. After a refused batch it tries one track; only if that is
 * refused, too, the app has no access.
 */
enum features_access { BATCHES, SINGLES, PROBE, NO_ACCESS };

static enum features_access find_access(struct plan *p)
{
	enum features_access access = BATCHES;
	struct query q;

	plan_query(p, &q, &sql_audio_features_answers, 0);
	while (plan_step(p, &q)) {
		bool batch_refused = query_int(&q, 0);
		bool track_refused = query_int(&q, 1);
		bool track_answered = query_int(&q, 2);

		if (batch_refused)
			access = track_answered	 ? SINGLES
				 : track_refused ? NO_ACCESS
						 : PROBE;
	}
	return access;
}

static void send_batch(struct plan *p, struct buf *query)
{
	if (query->failed)
		plan_fail(p, SQLITE_TOOBIG);
	if (query->n > 0)
		plan_send(
		    p, &(struct plan_request){.endpoint = "audio-features",
			   .query = buf_cstr(query)});
	buf_clear(query);
}

static void request_batches(struct plan *p)
{
	struct buf query = BUF_INIT(65536);
	struct query q;
	int n = 0;

	plan_query(p, &q, &sql_tracks_without_features, 0);
	while (plan_step(p, &q)) {
		buf_puts(&query, query.n ? "," : "?ids=");
		url_encode(&query, query_text(&q, 0), "");
		if (++n % BATCH == 0)
			send_batch(p, &query);
	}
	send_batch(p, &query);
	buf_release(&query);
}

/* Request tracks one by one, at most so many. */
static void request_tracks(struct plan *p, int64_t most)
{
	struct query q;

	plan_query(p, &q, &sql_tracks_without_features, 0);
	while (p->requests < most && query_step(&q))
		plan_send(
		    p, &(struct plan_request){.endpoint = "audio-features",
			   .id = query_text(&q, 0)});
	plan_end_query(p, &q);
}

static void plan_audio_features(struct plan *p)
{
	enum features_access access = find_access(p);

	if (plan_is_limited(p, "audio-features"))
		return;
	if (access == NO_ACCESS && !p->options->force)
		snprintf(p->outcome.reason, sizeof(p->outcome.reason),
		    "audio features are not available to this app: "
		    "the API refused them with status 403");
	else if (access == BATCHES)
		request_batches(p);
	else
		request_tracks(p, access == SINGLES ? INT64_MAX : 1);
}

static int64_t count_tracks(struct plan *p, int64_t *days)
{
	struct query q;
	int64_t n = 0;

	(void)days;
	plan_query(p, &q, &sql_tracks_without_features, 0);
	while (plan_step(p, &q))
		n++;
	return n;
}

const struct job job_audio_features = {.name = "audio-features",
    .purpose = "audio features of tracks that have none",
    .interval = 7 * CLOCK_DAY,
    .plan = plan_audio_features,
    .waiting = count_tracks};
