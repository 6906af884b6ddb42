#include <stdio.h>

#include "plan/plan.h"
#include "store/db.h"

#define BATCH 100 /* ids that one request may name */

/* How this app may ask: the regime is probed, and remembered as statuses. */
enum regime { BATCHES, ONE_BY_ONE, PROBE, REFUSED };

/*
 * A batch that was refused leaves the single requests to be tried with one
 * track; only when that was refused too is the app known to be shut out.
 */
static const char regime_query[] =
    "with s as (select subject, status from endpoint_status "
    "where user_id = :user and endpoint = 'audio-features' "
    "and last_updated > :refused_since and last_updated <= :now) "
    "select exists (select 1 from s where subject = '' and status = 403), "
    "exists (select 1 from s where subject != '' and status = 403), "
    "exists (select 1 from s where subject != '' and status between 200 and "
    "299)";

/* The tracks that miss their features, and may have some. */
#define MISSING                                                      \
	"from tracks t where audio_features_json is null "           \
	"and is_local is not 1 and track_id not like 'spotify:%' "   \
	"and not exists (select 1 from endpoint_status s "           \
	"where s.user_id = :user and s.endpoint = 'audio-features' " \
	"and s.subject = t.track_id and s.status = 404 "             \
	"and s.last_updated > :refused_since and s.last_updated <= :now) "

static int find_regime(struct plan *p, enum regime *regime)
{
	sqlite3_stmt *s;
	int rc = plan_prepare(p, regime_query, 0, &s);

	*regime = BATCHES;
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW && sqlite3_column_int(s, 0))
		*regime = sqlite3_column_int(s, 2)   ? ONE_BY_ONE
			  : sqlite3_column_int(s, 1) ? REFUSED
						     : PROBE;
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
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
	plan_put_encoded(url, id);
}

static int ask_missing(struct plan *p, enum regime regime)
{
	struct buf url = BUF_INIT(65536);
	sqlite3_stmt *s;
	int named = 0, rc;

	rc = plan_prepare(
	    p, "select track_id " MISSING "order by track_id", 0, &s);
	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(s, 0);

		if ((rc = store_row_read(s)))
			break;
		put_id(&url, slice_of(id), regime, named++ % BATCH);
		if (regime != BATCHES || named % BATCH == 0)
			ask(p, &url);
		if (regime == PROBE) {
			rc = SQLITE_DONE;
			break;
		}
	}
	ask(p, &url);
	sqlite3_finalize(s);
	buf_release(&url);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
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
	return plan_count(p, "select count(*) " MISSING, n);
}
