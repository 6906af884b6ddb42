#include "inspect/listening_parts.h"

#include "base/array.h"
#include "base/buf.h"
#include "db/statements.h"
#include "inspect/loose_keys.h"

static int find(sqlite3 *db, const struct listening_key *key)
{
	struct buf text = BUF_INIT(LOOSE_TIME_MAX + key->time.n);
	struct loose_time time;
	struct query q;

	buf_reserve(&text, LOOSE_TIME_MAX + key->time.n);
	time = loose_time(key->time, &text);
	query_prepare(&q, db, &sql_listening_find);
	query_bind_text(&q, ":user", key->user);
	query_bind_text(&q, ":from", time.from);
	query_bind_text(&q, ":end", time.end);
	query_bind_text(&q, ":item", key->item);
	query_bind_text(&q, ":id", loose_id(key->item));
	query_bind_text(&q, ":offline_timestamp", key->offline_timestamp);
	query_bind_text(&q, ":ms_played", key->ms_played);
	query_bind_text(&q, ":nth", key->nth);
	query_run(&q);
	buf_release(&text);
	return query_finish(&q);
}

static int count_found(sqlite3 *db, int64_t *count)
{
	struct query q;

	query_prepare(&q, db, &sql_listening_count);
	query_step(&q);
	*count = query_int(&q, 0);
	return query_finish(&q);
}

int listening_find(sqlite3 *db, const struct listening_key *key, int64_t *count)
{
	static const struct sql *const steps[] = {&sql_listening_add_play,
	    &sql_listening_add_matched, &sql_listening_add_leader,
	    &sql_listening_explain_matched_play, &sql_listening_explain_play,
	    &sql_listening_explain_stream};
	int rc = query_exec(db, &sql_listening_create_found);

	*count = 0;
	if (rc == SQLITE_OK)
		rc = query_exec(db, &sql_listening_create_parts);
	if (rc == SQLITE_OK)
		rc = find(db, key);
	if (rc == SQLITE_OK)
		rc = count_found(db, count);
	for (size_t i = 0; *count == 1 && rc == SQLITE_OK; i++) {
		if (i == COUNT_OF(steps))
			break;
		rc = query_exec(db, steps[i]);
	}
	return rc;
}

void listening_list(sqlite3 *db, struct query *list)
{
	query_prepare(list, db, &sql_listening_list);
}

void listening_captures(sqlite3 *db, struct query *ids)
{
	query_prepare(ids, db, &sql_listening_capture_ids);
}

int listening_may_match(sqlite3 *db, bool *may)
{
	struct query q;

	query_prepare(&q, db, &sql_listening_has_streams);
	query_step(&q);
	*may = query_int(&q, 0) != 0;
	return query_finish(&q);
}
