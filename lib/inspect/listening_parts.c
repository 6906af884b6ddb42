#include "inspect/listening_parts.h"

#include "base/array.h"
#include "base/buf.h"
#include "db/statements.h"
#include "inspect/loose_keys.h"

static void bind_ids(struct query *q, const char *param, const char *end_param,
    struct slice id, bool may_be_short, struct buf *text)
{
	struct slice end = {NULL, 0};

	if (may_be_short)
		end = loose_id_end(id, text);
	query_bind_text(q, param, id);
	query_bind_text(q, end_param, end.p ? end : id);
}

/* Find it by ids of which the last ones, `shortened`, may be shortened. */
static int find(sqlite3 *db, const struct listening_key *key, int shortened)
{
	size_t room = LOOSE_TIME_MAX + key->time.n + 3 * LOOSE_END_MAX +
		      key->user.n + 2 * key->item.n;
	struct buf text = BUF_INIT(room);
	struct loose_time time;
	struct query q;

	buf_reserve(&text, room);
	time = loose_time(key->time, &text);
	query_prepare(&q, db, &sql_listening_find);
	bind_ids(&q, ":user", ":user_end", loose_id(key->user), shortened > 1,
	    &text);
	query_bind_text(&q, ":from", time.from);
	query_bind_text(&q, ":end", time.end);
	bind_ids(&q, ":item", ":item_end", key->item, shortened > 0, &text);
	bind_ids(
	    &q, ":id", ":id_end", loose_id(key->item), shortened > 0, &text);
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
	for (int i = 0; i < 3 && *count == 0 && rc == SQLITE_OK; i++) {
		rc = find(db, key, i);
		if (rc == SQLITE_OK)
			rc = count_found(db, count);
	}
	for (size_t i = 0; *count == 1 && rc == SQLITE_OK; i++) {
		if (i == COUNT_OF(steps))
			break;
		rc = query_exec(db, steps[i]);
	}
	return rc;
}

int listening_put_found(sqlite3 *db, struct buf *names)
{
	struct query q;

	query_prepare(&q, db, &sql_listening_found_keys);
	put_candidates(&q, names);
	return query_finish(&q);
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
