#include "store/queue.h"

#include "store/db.h"
#include "store/ref.h"

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

struct slice queue_playlist_id(struct slice text)
{
	struct ref ref = ref_parse(text);
	bool fits = !ref.kind.p || slice_is(ref.kind, "playlist");

	return fits && is_id(ref.id) ? ref.id : (struct slice){NULL, 0};
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
