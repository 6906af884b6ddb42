#include <stdio.h>

#include "base/url.h"
#include "db/statements.h"
#include "plan/plan.h"

#define BATCH 100 /* ids that one request may name */

/* How this app may ask: the access mode is probed, and remembered as statuses.
 */
enum features_access { BATCHES, SINGLES, PROBE, SHUT_OUT };

/*
 * A batch that was refused leaves the single requests to be tried with one
 * track; only when that was refused too is the app known to be shut out.
 */
static int find_access(struct plan *p, enum features_access *access)
{
	struct query q;

	*access = BATCHES;
	plan_query(p, &q, &sql_audio_features_refusals, 0);
	if (query_step(&q) && query_int(&q, 0))
		*access = query_int(&q, 2)   ? SINGLES
			  : query_int(&q, 1) ? SHUT_OUT
					     : PROBE;
	return query_finish(&q);
}

static void send_url(struct plan *p, struct buf *url)
{
	if (url->n > 0 || url->failed)
		plan_send(
		    p, &(struct plan_request){
			   .endpoint = "audio-features", .url = buf_cstr(url)});
	buf_clear(url);
}

/* Append an id to the URL of a batch, after `n` others, or of a track. */
static void put_id(
    struct buf *url, struct slice id, enum features_access access, int n)
{
	if (access != BATCHES) {
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

static int request_missing(struct plan *p, enum features_access access)
{
	struct buf url = BUF_INIT(65536);
	struct query q;
	int named = 0;

	plan_query(p, &q, &sql_tracks_without_features, 0);
	while (query_step(&q)) {
		put_id(&url, query_text(&q, 0), access, named++ % BATCH);
		if (access != BATCHES || named % BATCH == 0)
			send_url(p, &url);
		if (access == PROBE)
			break;
	}
	send_url(p, &url);
	buf_release(&url);
	return query_finish(&q);
}

int plan_audio_features(struct plan *p)
{
	enum features_access access;
	int rc = find_access(p, &access);

	if (rc != SQLITE_OK || plan_is_limited(p, "audio-features"))
		return rc;
	if (access == SHUT_OUT && !p->options->force) {
		snprintf(p->outcome.reason, sizeof(p->outcome.reason),
		    "audio features are not available to this app: the API "
		    "refused them with status 403");
		return SQLITE_OK;
	}
	return request_missing(p, access == SHUT_OUT ? PROBE : access);
}

int plan_audio_features_waiting(struct plan *p, int64_t *n)
{
	return plan_count(p, &sql_count_tracks_without_features, n);
}
