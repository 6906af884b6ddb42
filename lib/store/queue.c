#include "store/queue.h"

#include <string.h>

#include "store/db.h"

static bool is_id(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			(c >= 'a' && c <= 'z')))
			return false;
	}
	return s.n > 0 && s.n <= 64;
}

/* What stands behind the last occurrence of a marker, or p == NULL. */
static struct slice after(struct slice s, struct slice marker)
{
	for (size_t i = s.n; i >= marker.n; i--)
		if (!memcmp(s.p + i - marker.n, marker.p, marker.n))
			return slice_from(s, i);
	return (struct slice){NULL, 0};
}

struct slice queue_playlist_id(struct slice text)
{
	struct slice id = text;

	if (slice_starts(text, SLICE("spotify:playlist:")) ||
	    slice_starts(text, SLICE("spotify:user:"))) {
		id = after(text, SLICE(":playlist:"));
	} else if (slice_starts(text, SLICE("https://open.spotify.com/"))) {
		id = after(text, SLICE("/playlist/"));
		for (size_t i = 0; i < id.n; i++)
			if (id.p[i] == '?' || id.p[i] == '/')
				id.n = i;
	}
	return id.p && is_id(id) ? id : (struct slice){NULL, 0};
}

static int run(sqlite3 *db, const char *sql, struct slice id, const char *at)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind(stmt, 1, id);
	store_bind(stmt, 2, slice_of(at));
	rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int queue_add(sqlite3 *db, struct slice id, const char *at)
{
	return run(db,
	    "insert into playlist_ingest_queue (playlist_id, detected_at) "
	    "select ?1, ?2 where not exists (select 1 from "
	    "playlist_ingest_done where playlist_id = ?1 and done_at >= ?2) "
	    "on conflict (playlist_id) do update "
	    "set detected_at = ?2, played_at = null, user_id = null "
	    "where coalesce(played_at, detected_at) < ?2",
	    id, at);
}

int queue_drop(sqlite3 *db, struct slice id, const char *at, bool *was_there)
{
	int rc = run(db,
	    "insert into playlist_ingest_done (playlist_id, done_at) "
	    "values (?1, ?2) on conflict (playlist_id) do update "
	    "set done_at = ?2 where done_at < ?2",
	    id, at);

	*was_there = false;
	if (rc != SQLITE_OK)
		return rc;
	rc = run(db,
	    "delete from playlist_ingest_queue where playlist_id = ?1 "
	    "and coalesce(played_at, detected_at) <= ?2",
	    id, at);
	*was_there = rc == SQLITE_OK && sqlite3_changes(db) > 0;
	return rc;
}
