#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"
#include "plan/plan.h"
#include "store/db.h"

#define LATE ((int64_t)3600 * 1000) /* ms */
#define PATH "/v1/me/player/recently-played?limit=50"

/* The newest play that came since a run began, and when it was told. */
static const char newest[] =
    "select played_at, ingested_at from play_history where user_id = :user "
    "and ingested_at > (select started_at from ingest_runs where run_id = "
    "substr(:list, 1, instr(:list, '/') - 1)) "
    "order by played_at desc limit 1";

/*
 * What the runs that were stopped have brought: their cursor was not kept,
 * for they had no good end, and this one's pages alone would set it back.
 */
static int keep_cursor(struct plan *p, sqlite3_stmt *s)
{
	struct slice told = slice_of((const char *)sqlite3_column_text(s, 1));
	struct buf *b = p->source ? &p->source->line : NULL;

	if (!told.p ||
	    !clock_parse(
		slice_of((const char *)sqlite3_column_text(s, 0)), &p->cursor))
		return store_row_read(s);
	if (!b)
		return SQLITE_OK;
	buf_clear(b);
	buf_putc(b, '{');
	json_put_member(b, "type", SLICE("row"));
	json_put_member(b, "table", SLICE("cursors"));
	json_put_key(b, "row");
	buf_putc(b, '{');
	json_put_member(b, "user_id", buf_slice(&p->user));
	json_put_member(b, "job", SLICE("play-history"));
	json_put_member_int(b, "value", p->cursor);
	buf_putc(b, '}');
	json_put_member(b, "at", told);
	source_send(p->source, RECORD_ROW);
	return SQLITE_OK;
}

/* The cursor as the runs that were stopped would have left it. */
static int move_cursor(struct plan *p, const struct stop *oldest)
{
	sqlite3_stmt *s;
	int rc = plan_prepare(p, newest, 0, &s);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(s, sqlite3_bind_parameter_index(s, ":list"),
	    slice_of(oldest->list));
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		rc = keep_cursor(p, s);
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void ask(struct plan *p, int64_t after, const struct stop *stop)
{
	char url[128];
	int n = snprintf(url, sizeof(url), PATH);

	if (after >= 0)
		snprintf(
		    url + n, sizeof(url) - (size_t)n, "&after=%" PRId64, after);
	plan_send(p, &(struct plan_request){.endpoint = "recently-played",
			 .url = url,
			 .paging = "next",
			 .stop = stop});
}

/* Whether a chain of pages leads back to older plays. */
static bool is_older(const struct stop *stop)
{
	return strstr(stop->url, "before=") ||
	       (stop->next && strstr(stop->next, "before="));
}

/*
 * Go on with what was stopped of newer plays; whether they have come, or will.
 * After a while some could have arrived late: then nothing is taken as come.
 */
static bool go_on_to_newer(struct plan *p)
{
	bool known = false;

	for (size_t i = 0; i < p->stops.count; i++) {
		const struct stop *stop = &p->stops.all[i];

		if (is_older(stop) || p->now - stop->at >= LATE)
			continue;
		known = true;
		if (stop->next)
			ask(p, -1, stop);
	}
	return known;
}

static void go_on_to_older(struct plan *p)
{
	for (size_t i = 0; i < p->stops.count; i++)
		if (is_older(&p->stops.all[i]) && p->stops.all[i].next)
			ask(p, -1, &p->stops.all[i]);
}

/*
 * The plays since the cursor, and from some hours before it once more. Where
 * a limit stopped that, the rest of it; but when plays could have arrived late
 * since, those after the newest that came, in the same way. Older ones come
 * last: the API forgets all but the last.
 */
int plan_play_history(struct plan *p)
{
	const struct stops *stops = &p->stops;
	int64_t after = -1, overlap = p->options->overlap;
	int rc = SQLITE_OK;

	if (plan_is_limited(p, "recently-played"))
		return SQLITE_OK;
	if (stops->count > 0)
		rc = move_cursor(p, &stops->all[stops->count - 1]);
	if (rc != SQLITE_OK)
		return rc;
	if (p->cursor >= 0)
		after = p->cursor > overlap ? p->cursor - overlap : 0;
	if (!go_on_to_newer(p))
		ask(p, after, NULL);
	go_on_to_older(p);
	return SQLITE_OK;
}
