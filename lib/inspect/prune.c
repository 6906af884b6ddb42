#include "inspect/prune.h"

#include <stdio.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/runs.h"
#include "inspect/digest.h"
#include "staging/bodies.h"
#include "staging/captures.h"
#include "inspect/live_set.h"

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
}

/* --- where what is stored comes from ------------------------------------- */

static const char noted[] =
    "drop table if exists temp.prune_sources;"
    "create temp table prune_sources (source_id integer primary key);"
    "drop table if exists temp.prune_times;"
    "create temp table prune_times (ms integer primary key);";

/* Run what was built, and free it. */
static int execute(sqlite3 *db, sqlite3_str *text)
{
	char *sql = sqlite3_str_finish(text);
	int rc = db_exec(db, sql ? sql : "");

	sqlite3_free(sql);
	return rc;
}

static int prepare(sqlite3 *db, sqlite3_str *text, sqlite3_stmt **s)
{
	char *sql = sqlite3_str_finish(text);
	int rc = sqlite3_prepare_v2(db, sql, -1, s, NULL);

	sqlite3_free(sql);
	return rc;
}

/* The times of values whose source is unknown. */
static int collect_times(struct prune *p, const struct table *t)
{
	sqlite3_str *text = sqlite3_str_new(p->db);
	sqlite3_stmt *s, *insert = NULL;
	int64_t ms;
	int rc;

	live_set_put_times(text, t);
	rc = prepare(p->db, text, &s);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(p->db,
		    "insert or ignore into temp.prune_times values (?)", -1,
		    &insert, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *at = sqlite3_column_text(s, 0);

		rc = SQLITE_OK;
		if (!at || !clock_parse(slice_of(at), &ms))
			continue;
		sqlite3_bind_int64(insert, 1, ms);
		sqlite3_step(insert);
		rc = sqlite3_reset(insert);
	}
	rc = db_finish(s, rc);
	return db_finish(insert, rc);
}

/* Rows of which neither sources nor times are known. */
static int note_unknown(struct prune *p, const struct table *t)
{
	sqlite3_str *text = sqlite3_str_new(p->db);
	sqlite3_stmt *s;
	int64_t rows = 0;
	int rc;

	live_set_put_unknown(text, t);
	rc = prepare(p->db, text, &s);
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
		rows = sqlite3_column_int64(s, 0);
	if (rows > 0 && p->unknown == 0)
		snprintf(p->in_table, sizeof(p->in_table), "%s", t->name.p);
	p->unknown += rows;
	return db_finish(s, rc);
}

static int note_table(struct prune *p, const struct table *t, void *ctx)
{
	sqlite3_str *text = sqlite3_str_new(p->db);
	int rc;

	(void)ctx;
	live_set_put_sources(text, t, "temp.prune_sources");
	rc = execute(p->db, text);
	if (rc == SQLITE_OK)
		rc = collect_times(p, t);
	return rc == SQLITE_OK ? note_unknown(p, t) : rc;
}

/* Call `visit` with each table whose rows come from captures. */
static int each_table(struct prune *p,
    int (*visit)(struct prune *, const struct table *, void *ctx), void *ctx)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(p->db,
	    "select name from main.sqlite_master where type = 'table'"
	    " order by name",
	    -1, &s, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *name = sqlite3_column_text(s, 0);
		const struct table *t =
		    tables_find(&p->tables, slice_of(name ? name : ""));

		rc = !t			  ? db_error(p->db)
		     : live_set_covers(t) ? visit(p, t, ctx)
					  : SQLITE_OK;
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
		    " or exists (select 1 from sources o"
		    " join temp.prune_sources using (source_id)"
		    " where o.run_id = r.run_id and o.seq = r.seq)"
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
	/* A rebuild would use the new time of a capture that was moved. */
	return sqlite3_column_int(capture, 7) ? STILL_NEEDED : PRUNABLE;
}

static int plan_capture(
    struct prune *p, sqlite3_stmt *capture, sqlite3_stmt *insert)
{
	int64_t ms = p->before;
	enum prune_class v = classify(p, capture, &ms);
	int rc = SQLITE_OK;

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
 * Pages of a list are retained together: a replay of half a list that was once
 * current would report it as incomplete, and could make a list that never was.
 */
static const char retain_whole[] =
    "update temp.prune_plan set verdict = 2 where verdict = 0 and " OF_LISTS
    " and list in (select list from temp.prune_plan where verdict <> 0"
    " and " OF_LISTS ");";

/* A value of unknown source may be of any capture of its time. */
static const char keep_times[] =
    "update temp.prune_plan set verdict = 2 where verdict = 0 and ms in"
    " (select ms from temp.prune_times);";

/* Who waits in the queue because of no capture that is here. */
static const char collect_waiting[] =
    "insert into temp.prune_names select playlist_id"
    " from playlist_ingest_queue q where not exists (select 1 from sources o"
    " join staging_raw using (run_id, seq) where o.source_id = q.row_source);";

/* It was added by hand, and any may have done so before. */
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

/* Which of them go. */
static int choose(struct prune *p)
{
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
	return rc;
}

/* Plan within the transaction that is open. */
static int plan(struct prune *p)
{
	int rc = db_exec(p->db, plan_table);

	p->unknown = 0;
	tables_release(&p->tables);
	p->tables.db = p->db;
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, noted);
	if (rc == SQLITE_OK)
		rc = each_table(p, note_table, NULL);
	if (rc == SQLITE_OK)
		rc = plan_captures(p);
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, keep_times);
	if (rc == SQLITE_OK)
		rc = db_exec(p->db, collect_waiting);
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
	void (*report)(void *ctx, const char *table, int64_t rows, int64_t of);
	void *ctx;
};

static const char removed[] =
    "drop table if exists temp.prune_going;"
    "create temp table prune_going as select o.source_id, r.fetched_at"
    " from temp.prune_plan join staging_raw r using (capture_id)"
    " left join sources o using (run_id, seq) where goes;"
    "create index temp.prune_going_source on prune_going (source_id);"
    "create index temp.prune_going_time on prune_going (fetched_at);";

static int count_table(struct prune *p, const struct table *t, void *ctx)
{
	const struct table_loss *l = ctx;
	sqlite3_str *text = sqlite3_str_new(p->db);
	sqlite3_stmt *s;
	int rc;

	live_set_put_count(text, t, "(select source_id from temp.prune_going)",
	    "(select fetched_at from temp.prune_going)");
	rc = prepare(p->db, text, &s);
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW &&
	    sqlite3_column_int64(s, 0) > 0 && digest_covers(t))
		l->report(l->ctx, t->name.p, sqlite3_column_int64(s, 0),
		    sqlite3_column_int64(s, 1));
	return db_finish(s, rc);
}

int prune_losses(struct prune *p,
    void (*report)(void *ctx, const char *table, int64_t rows, int64_t of),
    void *ctx)
{
	struct table_loss l = {.report = report, .ctx = ctx};
	int rc = db_exec(p->db, removed);
	int64_t rows, of = 0;

	if (rc == SQLITE_OK)
		rc = each_table(p, count_table, &l);
	if (rc != SQLITE_OK)
		return rc;
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
