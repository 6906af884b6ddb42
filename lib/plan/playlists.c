#include "json/json.h"
#include "plan/plan.h"
#include "store/db.h"

/*
 * The playlists that this account may ask for: those of its own list, those
 * that its plays named, and those that nobody's list is known to hold. One
 * is asked for when it waits in the queue, or was never refreshed, or not
 * for long; but not again when its snapshot is the one whose tracks we hold,
 * nor soon after the API refused it.
 */
static const char due[] =
    "with mine as ("
    "select playlist_id from playlist_ingest_queue "
    "where user_id is null or user_id = :user "
    "union select playlist_id from user_playlists where user_id = :user "
    "union select playlist_id from playlists where playlist_id not in "
    "(select playlist_id from user_playlists)) "
    "select m.playlist_id, "
    "p.snapshot_id is not null and p.snapshot_id = p.tracks_snapshot_id, "
    "q.playlist_id is not null "
    "from mine m left join playlists p using (playlist_id) "
    "left join playlist_ingest_queue q using (playlist_id) "
    "where (q.playlist_id is not null or p.last_refreshed is null "
    "or p.last_refreshed <= :stale_since) "
    "and not exists (select 1 from endpoint_status s "
    "where s.user_id = :user and s.endpoint = 'playlist' "
    "and s.subject = m.playlist_id and s.status in (403, 404) "
    "and s.last_updated > :refused_since) "
    "order by m.playlist_id";

static const char all[] =
    "select playlist_id, 0, 0 from playlist_ingest_queue "
    "where user_id is null or user_id = :user "
    "union select playlist_id, 0, 0 from user_playlists "
    "where user_id = :user "
    "union select playlist_id, 0, 0 from playlists "
    "where playlist_id not in (select playlist_id from user_playlists) "
    "order by 1";

/* A playlist that is held as it is now has no business in the queue. */
static void leave_queue(struct plan *p, struct slice id)
{
	struct buf *b = &p->source->line;

	buf_clear(b);
	buf_putc(b, '{');
	json_put_member(b, "type", SLICE("row"));
	json_put_member(b, "table", SLICE("playlist_ingest_queue"));
	json_put_member(b, "op", SLICE("delete"));
	json_put_key(b, "row");
	buf_putc(b, '{');
	json_put_member(b, "playlist_id", id);
	buf_putc(b, '}');
	json_put_member(b, "at", slice_of(p->source->started_at));
	source_send(p->source, RECORD_ROW);
}

static void ask(struct plan *p, struct slice id)
{
	struct buf url = BUF_INIT(4096);

	buf_puts(&url, "/v1/playlists/");
	plan_put_encoded(&url, id);
	plan_send(p, &(struct plan_request){.endpoint = "playlist",
			 .url = buf_cstr(&url),
			 .paging = "playlist",
			 .optional = true});
	buf_release(&url);
}

static int ask_due(struct plan *p)
{
	const struct plan_options *o = p->options;
	sqlite3_stmt *s;
	int rc = plan_prepare(p, o->force ? all : due, o->playlist_age, &s);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct slice id =
		    slice_of((const char *)sqlite3_column_text(s, 0));
		bool held = sqlite3_column_int(s, 1);
		bool queued = sqlite3_column_int(s, 2);

		if (!held)
			ask(p, id);
		else if (queued)
			leave_queue(p, id);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int plan_playlists(struct plan *p)
{
	if (plan_is_limited(p, "playlist"))
		return SQLITE_OK;
	plan_send(p, &(struct plan_request){.endpoint = "my-playlists",
			 .url = "/v1/me/playlists?limit=50&offset=0",
			 .paging = "offset"});
	return ask_due(p);
}
