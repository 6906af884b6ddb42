#include <stdio.h>

#include "base/url.h"
#include "db/statements.h"
#include "plan/plan.h"

#define BATCH 100 /* ids that one request may name */

/* How this app may ask: the regime is probed, and remembered as statuses. */
enum regime { BATCHES, ONE_BY_ONE, PROBE, REFUSED };

/*
 * A batch that was refused leaves the single requests to be tried with one
 * track; only when that was refused too is the app known to be shut out.
 */
static int find_regime(struct plan *p, enum regime *regime)
{
	struct query q;

	*regime = BATCHES;
	plan_query(p, &q, &sql_audio_features_refusals, 0);
	if (query_step(&q) && query_int(&q, 0))
		*regime = query_int(&q, 2)   ? ONE_BY_ONE
			  : query_int(&q, 1) ? REFUSED
					     : PROBE;
	return query_finish(&q);
}

static void ask(struct plan *p, struct buf *url)
{
	if (url->n > 0 || url->failed)
		plan_send(
		    p, &(struct plan_request){
			   .endpoint = "audio-features", .url = buf_cstr(url)});
	buf_clear(url);
}

/* Append an id to the URL of a batch, after `n` others, or of a track. */
static void put_id(struct buf *url, struct slice id, enum regime regime, int n)
{
	if (regime != BATCHES) {
		plan_put_path(url, "audio-features", id);
		return;
	}
	if (n == 0) {
		plan_put_path(url, "audio-features", (struct slice){NULL, 0});
		buf_puts(url, "?ids=");
	} else {
		buf_putc(url, ',');
	}
	url_encode(url, id, "");
}

static int ask_missing(struct plan *p, enum regime regime)
{
	struct buf url = BUF_INIT(65536);
	struct query q;
	int named = 0;

	plan_query(p, &q, &sql_tracks_without_features, 0);
	while (query_step(&q)) {
		put_id(&url, query_text(&q, 0), regime, named++ % BATCH);
		if (regime != BATCHES || named % BATCH == 0)
			ask(p, &url);
		if (regime == PROBE)
			break;
	}
	ask(p, &url);
	buf_release(&url);
	return query_finish(&q);
}

int plan_audio_features(struct plan *p)
{
	enum regime regime;
	int rc = find_regime(p, &regime);

	if (rc != SQLITE_OK || plan_is_limited(p, "audio-features"))
		return rc;
	if (regime == REFUSED && !p->options->force) {
		snprintf(p->outcome.reason, sizeof(p->outcome.reason),
		    "audio features are not available to this app: the API "
		    "refused them with status 403");
		return SQLITE_OK;
	}
	return ask_missing(p, regime == REFUSED ? PROBE : regime);
}

int plan_audio_features_waiting(struct plan *p, int64_t *n)
{
	return plan_count(p, &sql_count_tracks_without_features, n);
}
