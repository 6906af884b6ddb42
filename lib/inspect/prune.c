#include "inspect/prune.h"

#include <stdio.h>

#include "base/buf.h"
#include "db/db.h"
#include "db/statements.h"
#include "inspect/digest.h"
#include "inspect/live_set.h"
#include "staging/bodies.h"

#define BATCH_ROWS_MAX 256
#define BATCH_BYTES_MAX ((int64_t)32 << 20) /* of bodies */

int prune_init(struct prune *p, sqlite3 *db)
{
	*p = (struct prune){.db = db, .tables = {.db = db}};
	return bodies_add_function(db);
}

void prune_release(struct prune *p)
{
	tables_release(&p->tables);
}

/* Run statements up to NULL, or the first failure. */
static int run_all(sqlite3 *db, const struct sql *const *s)
{
	int rc = SQLITE_OK;

	for (; *s && rc == SQLITE_OK; s++)
		rc = query_exec(db, *s);
	return rc;
}

/* Call `visit` with each table whose rows come from captures. */
static int each_table(struct prune *p,
    int (*visit)(struct prune *, const struct table *, void *ctx), void *ctx)
{
	struct query names;

	query_prepare(&names, p->db, &sql_table_names);
	while (query_step(&names)) {
		const struct table *t =
		    tables_find(&p->tables, query_text(&names, 0));

		if (!t)
			query_fail(&names, db_error(p->db));
		else if (live_set_covers(t))
			query_fail(&names, visit(p, t, ctx));
	}
	return query_finish(&names);
}

/* --- the plan ------------------------------------------------------------ */

static int collect_table(struct prune *p, const struct table *t, void *ctx)
{
	int64_t rows = 0;
	int rc = live_set_collect(p->db, t);

	(void)ctx;
	if (rc == SQLITE_OK)
		rc = live_set_count_unknown(p->db, t, &rows);
	if (rows > 0 && p->unknown == 0)
		snprintf(p->in_table, sizeof(p->in_table), "%s", t->name.p);
	p->unknown += rows;
	return rc;
}

static int plan_captures(struct prune *p)
{
	struct query q;

	query_prepare(&q, p->db, &sql_prune_plan_captures);
	query_bind_time(&q, ":before", p->before);
	query_run(&q);
	return query_finish(&q);
}

static int choose_captures(struct prune *p)
{
	struct query q;

	query_prepare(&q, p->db, &sql_prune_choose);
	query_bind_int(&q, ":all_known", p->unknown == 0);
	query_bind_int(&q, ":even_needed", p->even_needed);
	query_run(&q);
	return query_finish(&q);
}

/* Plan within the open transaction. */
static int plan(struct prune *p)
{
	static const struct sql *const begin[] = {&sql_prune_create_sources,
	    &sql_prune_create_times, &sql_prune_create_plan,
	    &sql_prune_create_plan_index, &sql_prune_create_batch,
	    &sql_prune_clear_sources, &sql_prune_clear_times,
	    &sql_prune_clear_plan, NULL};
	static const struct sql *const need[] = {&sql_prune_need_times,
	    &sql_prune_need_missing_sources, &sql_prune_join_lists,
	    &sql_prune_need_current_lists, &sql_prune_need_own_lists,
	    &sql_prune_need_unnamed_lists, &sql_prune_need_queued,
	    &sql_prune_need_whole_lists, NULL};
	int rc = run_all(p->db, begin);

	p->unknown = 0;
	tables_release(&p->tables);
	p->tables.db = p->db;
	if (rc == SQLITE_OK)
		rc = each_table(p, collect_table, NULL);
	if (rc == SQLITE_OK)
		rc = plan_captures(p);
	if (rc == SQLITE_OK)
		rc = run_all(p->db, need);
	if (rc == SQLITE_OK)
		rc = choose_captures(p);
	if (rc == SQLITE_OK)
		p->version = db_int(p->db, "pragma data_version", -1);
	return rc;
}

int prune_plan(struct prune *p)
{
	int rc = db_exec(p->db, "begin");

	if (rc == SQLITE_OK)
		rc = plan(p);
	return rc == SQLITE_OK ? db_exec(p->db, "commit") : rc;
}

void prune_list(const struct prune *p, struct query *list)
{
	query_prepare(list, p->db, &sql_prune_list);
}

int prune_sum(const struct prune *p, struct prune_sum *sum)
{
	struct query q;

	query_prepare(&q, p->db, &sql_prune_sum);
	query_step(&q);
	*sum = (struct prune_sum){.captures = query_int(&q, 0),
	    .bytes = query_int(&q, 1),
	    .old = query_int(&q, 2)};
	return query_finish(&q);
}

/* --- what is lost with it ------------------------------------------------ */

struct loss_report {
	void (*report)(void *ctx, const char *table, int64_t rows, int64_t of);
	void *ctx;
};

static int report_table(struct prune *p, const struct table *t, void *ctx)
{
	const struct loss_report *r = ctx;
	int64_t rows, of;
	int rc;

	if (!digest_covers(t))
		return SQLITE_OK;
	rc = live_set_count_lost(p->db, t, &rows, &of);
	if (rc == SQLITE_OK && rows > 0)
		r->report(r->ctx, t->name.p, rows, of);
	return rc;
}

int prune_losses(struct prune *p,
    void (*report)(void *ctx, const char *table, int64_t rows, int64_t of),
    void *ctx)
{
	struct loss_report r = {.report = report, .ctx = ctx};
	struct query q;
	int rc = each_table(p, report_table, &r);

	if (rc != SQLITE_OK)
		return rc;
	query_prepare(&q, p->db, &sql_prune_lost_items);
	if (query_step(&q) && query_int(&q, 0) > 0)
		report(
		    ctx, "playlist_tracks", query_int(&q, 0), query_int(&q, 1));
	return query_finish(&q);
}

/* --- removing ------------------------------------------------------------ */

/* Choose what to remove next: not too much, but whole lists. */
static int choose_batch(struct prune *p, int64_t *count, int64_t *bytes)
{
	struct buf list = BUF_INIT((size_t)1 << 30);
	struct query next, add;
	int rc, add_rc;

	query_prepare(&next, p->db, &sql_prune_next_captures);
	query_prepare(&add, p->db, &sql_prune_add_to_batch);
	while (query_step(&next)) {
		struct slice root = query_text(&next, 1);

		if ((*count >= BATCH_ROWS_MAX || *bytes >= BATCH_BYTES_MAX) &&
		    !slice_eq(buf_slice(&list), root))
			break;
		buf_clear(&list);
		if (!buf_put_slice(&list, root))
			query_fail(&next, SQLITE_TOOBIG);
		query_bind_int(&add, ":capture", query_int(&next, 0));
		query_fail(&next, query_run(&add));
		(*count)++;
		*bytes += query_int(&next, 2);
	}
	buf_release(&list);
	rc = query_finish(&next);
	add_rc = query_finish(&add);
	return rc != SQLITE_OK ? rc : add_rc;
}

/*
 * Begin a transaction that writes, with a plan of this state of the database.
 * It is made without the lock, unless others write all the time.
 */
static int begin(struct prune *p)
{
	int rc = db_begin(p->db);

	for (int tries = 0; rc == SQLITE_OK; tries++) {
		if (db_int(p->db, "pragma data_version", -1) == p->version)
			return SQLITE_OK;
		if (tries == 3)
			return plan(p);
		db_rollback(p->db);
		rc = prune_plan(p);
		if (rc == SQLITE_OK)
			rc = db_begin(p->db);
	}
	return rc;
}

int prune_next(struct prune *p, int64_t *captures_gone, int64_t *bytes_gone)
{
	static const struct sql *const remove_batch[] = {&sql_prune_keep_times,
	    &sql_prune_delete_captures, &sql_prune_delete_bodies,
	    &sql_prune_delete_planned, &sql_prune_clear_batch, NULL};
	int64_t count = 0, bytes = 0;
	int rc = begin(p);

	if (rc == SQLITE_OK)
		rc = choose_batch(p, &count, &bytes);
	if (rc == SQLITE_OK)
		rc = run_all(p->db, remove_batch);
	if (rc == SQLITE_OK)
		rc = db_commit(p->db);
	if (rc != SQLITE_OK)
		return rc;
	*captures_gone += count;
	*bytes_gone += bytes;
	return count > 0 ? SQLITE_ROW : SQLITE_DONE;
}
