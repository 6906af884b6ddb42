#include "inspect/prune.h"

#include <stdio.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/runs.h"
#include "staging/bodies.h"
#include "staging/captures.h"

#define PRUNE_ROWS_MAX 256
#define PRUNE_BYTES_MAX ((int64_t)32 << 20) /* of bodies, in a transaction */

/* Why a capture stays, or that it goes. */
enum prune_class { PRUNABLE, TOO_RECENT, STILL_NEEDED, HAS_ERRORS, NOT_LOADED };

int prune_init(struct prune *p, sqlite3 *db)
{
	*p = (struct prune){.db = db, .tables = {.db = db}};
	return bodies_add_function(db);
}

void prune_release(struct prune *p)
{
	tables_release(&p->tables);
	time_set_release(&p->live);
	time_set_release(&p->removed);
	time_set_release(&p->retained);
}

/* --- what stands --------------------------------------------------------- */

static int add_live_row(void *ctx, const struct row_times *row)
{
	struct prune *p = ctx;
	const struct table *t = row->table;

	for (size_t i = 0; i < row->count; i++)
		time_set_add(&p->live, row->times[i]);
	/* With RULE_LAST, every written column has a time. */
	if (row->count > 0 || t->kind != TABLE_BY_COLUMN || t->last >= 0)
		return SQLITE_OK;
	if (p->unknown++ == 0)
		snprintf(p->in_table, sizeof(p->in_table), "%s", t->name.p);
	return SQLITE_OK;
}

/* A column of times, of a query. */
static int collect_times(struct prune *p, const char *sql)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(p->db, sql, -1, &s, NULL);
	int64_t ms;

	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *text = sqlite3_column_text(s, 0);

		rc = SQLITE_OK;
		if (text && clock_parse(slice_of(text), &ms))
			time_set_add(&p->live, ms);
	}
	return db_finish(s, rc);
}

/* --- the plan ------------------------------------------------------------ */

/*
 * The captures. What is to be found of a list of tracks are all captures of
 * its name; it is given by the mappings that come with sp.
 */
static const char captures[] =
    "select r.capture_id, r.fetched_at, r.endpoint, r.run_id,"
    " " CAPTURE_LIST ","
    " exists (select 1 from ingest_errors"
    " where src = r.run_id || '/' || r.seq),"
    " exists (select 1 from ingest_runs i where " RUNS_DELIVERS(
	"r.run_id") " and " RUNS_LOADED "),"
		    " json_extract(r.extra_json, '$.redated') is not null"
		    " from staging_raw r";

static const char plan_table[] =
    "drop table if exists temp.prune_plan;"
    "create temp table prune_plan (capture_id integer primary key,"
    " ms integer, endpoint text, run text, list text, verdict integer,"
    " goes integer not null default 0, bytes integer);"
    "drop table if exists temp.prune_names;"
    "create temp table prune_names (name text primary key) without rowid;";

static enum prune_class classify(
    const struct prune *p, sqlite3_stmt *capture, int64_t *ms)
{
	const void *at = sqlite3_column_text(capture, 1);

	/* A row without a time has that of its load, which is unknown. */
	if (!at || !clock_parse(slice_of(at), ms) || *ms >= p->before)
		return TOO_RECENT;
	if (sqlite3_column_int(capture, 5))
		return HAS_ERRORS;
	if (!sqlite3_column_int(capture, 6))
		return NOT_LOADED;
	/* The tables may still have the time before a capture was moved. */
	return sqlite3_column_int(capture, 7) || time_set_has(&p->live, *ms)
		   ? STILL_NEEDED
		   : PRUNABLE;
}

static int plan_capture(
    struct prune *p, sqlite3_stmt *capture, sqlite3_stmt *insert)
{
	int64_t ms = p->before;
	enum prune_class v = classify(p, capture, &ms);
	int rc = SQLITE_OK;

	time_set_add(&p->retained, ms);
	/* A name that got lost would not keep what it names. */
	for (int i = 0; i < 4 && rc == SQLITE_OK; i++) {
		static const int from[] = {0, 2, 3, 4}, to[] = {1, 3, 4, 5};

		rc = sqlite3_bind_value(
		    insert, to[i], sqlite3_column_value(capture, from[i]));
	}
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(insert, 2, ms);
	sqlite3_bind_int(insert, 6, (int)v);
	sqlite3_step(insert);
	return sqlite3_reset(insert);
}

static int plan_captures(struct prune *p)
{
	sqlite3_stmt *capture = NULL, *insert = NULL;
	int rc = sqlite3_prepare_v2(p->db, captures, -1, &capture, NULL);

	time_set_release(&p->retained);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(p->db,
		    "insert into temp.prune_plan (capture_id, ms, endpoint,"
		    " run, list, verdict) values (?, ?, ?, ?, ?, ?)",
		    -1, &insert, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(capture)) == SQLITE_ROW)
		rc = plan_capture(p, capture, insert);
	rc = db_finish(capture, rc);
	return db_finish(insert, rc);
}

#define OF_LISTS "endpoint in ('playlist', 'playlist-items')"

/* GOES is 0, and NEEDED is 2, here and below. */
/* Of lists that resume others, the pages of all belong together. */
static const char join_lists[] =
    "drop table if exists temp.prune_roots;"
    "create temp table prune_roots (list text primary key, root text)"
    " without rowid;"
    "with recursive links (list, follows) as (select distinct"
    " " CAPTURE_LIST ", " CAPTURE_FOLLOWS " from staging_raw"
    " where " OF_LISTS " and " CAPTURE_FOLLOWS " is not null),"
    " roots (list, root) as (select list, follows from links"
    " where follows not in (select list from links) union"
    " select l.list, r.root from links l join roots r on l.follows = r.list)"
    " insert or ignore into temp.prune_roots select * from roots;"
    "update temp.prune_plan set list = (select root from temp.prune_roots r"
    " where r.list = prune_plan.list)"
    " where list in (select list from temp.prune_roots);";

#define ROOT_OF(list)                                                        \
	"coalesce((select root from temp.prune_roots r where r.list = " list \
	"), " list ")"

static const char retain_lists[] =
    "create index temp.prune_plan_list on prune_plan (list);"

    /* Lists that are current, or wait for what is missing. */
    "update temp.prune_plan set verdict = 2 where verdict = 0 and list in"
    " (select " ROOT_OF(
	"n.name") " from"
		  " (select tracks_list as name from playlists union select "
		  "list from"
		  " playlist_pages union select list from ingest_errors) n);"

		  /*
		   * A list of another name was named by a mapping of the user's
		   * own. It may be of any capture of the run that it begins
		   * with or, where it names none, of any from its own time on:
		   * that is the earliest of its parts'.
		   */
		  "update temp.prune_plan set verdict = 2 where verdict = 0 "
		  "and run in"
		  " (select substr(tracks_list, 1, instr(tracks_list, '/') - 1)"
		  " from playlists where " ROOT_OF(
		      "tracks_list") " not in (select list from"
				     " temp.prune_plan where list is not "
				     "null));"
				     "update temp.prune_plan set verdict = 2 "
				     "where verdict = 0 and ms >="
				     " (select "
				     "cast(round((julianday(min(tracks_updated)"
				     ") - 2440587.5)"
				     " * 86400000) as integer) - 1 from "
				     "playlists"
				     " where instr(tracks_list, '/') = 0 and "
				     "tracks_list <> tracks_updated);";

/*
 * Half of a list that was once held would be told of as one that is
 * incomplete, and could be one that it never was.
 */
static const char retain_whole[] =
    "update temp.prune_plan set verdict = 2 where verdict = 0 and " OF_LISTS
    " and list in (select list from temp.prune_plan where verdict <> 0"
    " and " OF_LISTS ");";

/* Who waits in the queue at a time of no capture. */
static int collect_waiting(struct prune *p)
{
	sqlite3_stmt *s, *insert = NULL;
	int rc = sqlite3_prepare_v2(p->db,
	    "select playlist_id, detected_at from playlist_ingest_queue", -1,
	    &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(p->db,
		    "insert or ignore into temp.prune_names values (?)", -1,
		    &insert, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *at = sqlite3_column_text(s, 1);
		int64_t ms;

		rc = SQLITE_OK;
		if (at && clock_parse(slice_of(at), &ms) &&
		    time_set_has(&p->retained, ms))
			continue;
		rc = sqlite3_bind_value(insert, 1, sqlite3_column_value(s, 0));
		if (rc != SQLITE_OK)
			continue;
		sqlite3_step(insert);
		rc = sqlite3_reset(insert);
	}
	rc = db_finish(s, rc);
	return db_finish(insert, rc);
}

/* It was added by hand; or a mapping told when, and any may have done so. */
static const char retain_waiting[] =
    "update temp.prune_plan as p set verdict = 2 where verdict = 0"
    " and exists (select 1 from temp.prune_names)"
    " and exists (select 1 from temp.prune_names n, staging_raw s"
    " left join staging_bodies b using (body_id)"
    " where s.capture_id = p.capture_id and"
    " instr(" BODIES_TEXT ", n.name) > 0);";

static const char sum_bytes[] =
    "update temp.prune_plan as p set bytes = (select b.size"
    " from staging_raw r left join staging_bodies b"
    " using (body_id) where r.capture_id = p.capture_id) where goes;";

/* Which of them go, and at which times none is left. */
static int choose(struct prune *p)
{
	sqlite3_stmt *s;
	int rc;

	if (p->even_needed)
		rc = db_exec(
		    p->db, "update temp.prune_plan set goes = verdict <> 1");
	else if (p->unknown == 0)
		rc = db_exec(
		    p->db, "update temp.prune_plan set goes = verdict = 0");
	else
		rc = SQLITE_OK;
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, sum_bytes);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(p->db,
		    "select ms, goes from temp.prune_plan", -1, &s, NULL);
	if (rc != SQLITE_OK)
		return rc;
	time_set_release(&p->removed);
	time_set_release(&p->retained);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		time_set_add(
		    sqlite3_column_int(s, 1) ? &p->removed : &p->retained,
		    sqlite3_column_int64(s, 0));
	return db_finish(s, rc);
}

/* Plan within the transaction that is open. */
static int plan(struct prune *p)
{
	int rc = db_exec(p->db, plan_table);

	p->unknown = 0;
	tables_release(&p->tables);
	p->tables.db = p->db;
	time_set_release(&p->live);
	if (rc == SQLITE_OK)
		rc = live_set_walk(p->db, &p->tables, add_live_row, p);
	if (rc == SQLITE_OK)
		rc = collect_times(p, "select told_at from playlist_pages");
	if (rc == SQLITE_OK)
		rc = plan_captures(p);
	if (rc == SQLITE_OK)
		rc = collect_waiting(p);
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, join_lists);
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, retain_lists);
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, retain_waiting);
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, retain_whole);
	if (rc == SQLITE_OK)
		rc = choose(p);
	/* After a failure nothing is asked: it would forget what failed. */
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

const char prune_listing[] =
    "select endpoint, count(*) as old, sum(goes) as captures,"
    " coalesce(sum(bytes), 0) as bytes, sum(verdict = 2) as needed,"
    " sum(verdict = 3) as refused, sum(verdict = 4) as unloaded"
    " from temp.prune_plan where verdict <> 1"
    " group by endpoint order by endpoint";

int prune_sum(struct prune *p, struct prune_sum *sum)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(p->db,
	    "select coalesce(sum(goes), 0), coalesce(sum(bytes), 0), count(*)"
	    " from temp.prune_plan where verdict <> 1",
	    -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*sum =
		    (struct prune_sum){.captures = sqlite3_column_int64(s, 0),
			.bytes = sqlite3_column_int64(s, 1),
			.old = sqlite3_column_int64(s, 2)};
	return db_finish(s, rc);
}

/* --- what is lost with it ------------------------------------------------ */

struct table_loss {
	const struct prune *p;
	const struct table *table;
	int64_t rows, of;
	void (*report)(void *ctx, const char *table, int64_t rows, int64_t of);
	void *ctx;
};

static void report_losses(struct table_loss *l)
{
	if (l->rows > 0)
		l->report(l->ctx, l->table->name.p, l->rows, l->of);
	l->rows = l->of = 0;
}

static int count_row(void *ctx, const struct row_times *row)
{
	struct table_loss *l = ctx;
	bool lost = false;

	if (l->table != row->table)
		report_losses(l);
	l->table = row->table;
	for (size_t i = 0; i < row->count && !lost; i++)
		lost = time_set_has(&l->p->removed, row->times[i]) &&
		       !time_set_has(&l->p->retained, row->times[i]);
	l->rows += lost;
	l->of++;
	return SQLITE_OK;
}

int prune_losses(struct prune *p,
    void (*report)(void *ctx, const char *table, int64_t rows, int64_t of),
    void *ctx)
{
	struct table_loss l = {.p = p, .report = report, .ctx = ctx};
	int rc = live_set_walk(p->db, &p->tables, count_row, &l);
	int64_t rows, of = 0;

	if (rc != SQLITE_OK)
		return rc;
	report_losses(&l);
	rows = db_int(p->db,
	    "select count(*) from playlist_tracks join playlists"
	    " using (playlist_id) where " ROOT_OF(
		"tracks_list") " in"
			       " (select list from temp.prune_plan where goes)",
	    -1);
	if (rows > 0)
		of = db_int(p->db, "select count(*) from playlist_tracks", -1);
	if (rows < 0 || of < 0)
		return sqlite3_errcode(p->db);
	if (rows > 0)
		report(ctx, "playlist_tracks", rows, of);
	return SQLITE_OK;
}

/* --- removing ------------------------------------------------------------ */

/* Mark what goes next: not too much of it, and no half of a list. */
static int mark(struct prune *p, int64_t *count, int64_t *bytes)
{
	struct buf list = BUF_INIT((size_t)1 << 30);
	sqlite3_stmt *s, *insert = NULL;
	int rc = sqlite3_prepare_v2(p->db,
	    "select capture_id, list, bytes from temp.prune_plan where goes"
	    " order by list, capture_id",
	    -1, &s, NULL);

	*count = *bytes = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(p->db,
		    "insert into temp.prune_batch select capture_id, body_id"
		    " from staging_raw where capture_id = ?",
		    -1, &insert, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *name = sqlite3_column_text(s, 1);
		struct slice next = slice_of(name ? name : "");

		if ((*count >= PRUNE_ROWS_MAX || *bytes >= PRUNE_BYTES_MAX) &&
		    !slice_eq(buf_slice(&list), next)) {
			rc = SQLITE_DONE;
			break;
		}
		buf_clear(&list);
		if (!buf_put_slice(&list, next)) {
			rc = SQLITE_TOOBIG;
			break;
		}
		sqlite3_bind_int64(insert, 1, sqlite3_column_int64(s, 0));
		sqlite3_step(insert);
		rc = sqlite3_reset(insert);
		(*count)++;
		*bytes += sqlite3_column_int64(s, 2);
	}
	rc = db_finish(s, rc);
	rc = db_finish(insert, rc);
	buf_release(&list);
	return rc;
}

static const char batch_table[] = "create temp table if not exists prune_batch"
				  " (capture_id integer primary key,"
				  " body_id integer);"
				  "delete from temp.prune_batch;";

static const char remove_batch[] =
    "delete from staging_raw where capture_id in"
    " (select capture_id from temp.prune_batch);"
    "delete from temp.prune_plan where capture_id in"
    " (select capture_id from temp.prune_batch);";

/*
 * Have the lock, and a plan of what is there. It is made without the lock,
 * but for the case that others write all the time.
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
	int64_t count = 0, bytes = 0, dropped = 0;
	int rc = begin(p);

	if (rc == SQLITE_OK)
		rc = db_exec(p->db, batch_table);
	if (rc == SQLITE_OK)
		rc = mark(p, &count, &bytes);
	if (rc == SQLITE_OK && count > 0)
		rc = db_exec(p->db, remove_batch);
	if (rc == SQLITE_OK && count > 0)
		rc = bodies_drop_unused(
		    p->db, "select body_id from temp.prune_batch", &dropped);
	if (rc == SQLITE_OK)
		rc = db_commit(p->db);
	if (rc != SQLITE_OK)
		return rc;
	*captures_gone += count;
	*bytes_gone += bytes;
	return count > 0 ? SQLITE_ROW : SQLITE_DONE;
}
