#include "plan/ingest_queue.h"

#include "db/statements.h"
#include "spotify/ref.h"

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

static int run_query(
    sqlite3 *db, const struct sql *sql, struct slice id, const char *at)
{
	struct query q;

	query_prepare(&q, db, sql);
	query_bind_text(&q, ":playlist", id);
	query_bind_text(&q, ":at", slice_of(at));
	query_run(&q);
	return query_finish(&q);
}

int queue_add(sqlite3 *db, struct slice id, const char *at)
{
	return run_query(db, &sql_queue_playlist, id, at);
}

int queue_drop(sqlite3 *db, struct slice id, const char *at, bool *was_queued)
{
	int rc = run_query(db, &sql_insert_queue_tombstone, id, at);

	if (rc == SQLITE_OK)
		rc = run_query(db, &sql_dequeue_playlist, id, at);
	*was_queued = rc == SQLITE_OK && sqlite3_changes(db) > 0;
	return rc;
}
