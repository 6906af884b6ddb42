#include "inspect/forget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/mem.h"
#include "base/os.h"
#include "db/db.h"
#include "db/statements.h"
#include "inspect/live_set.h"

#define SOURCES "select source_id from temp.forget_sources"
#define TIMES "select time from temp.forget_times"
#define USERS "(select user_id from temp.forget_users)"
#define LISTS "(select playlist_id from temp.forget_lists)"

/* Run statements up to NULL, or the first failure. */
static int run_all(sqlite3 *db, const struct sql *const *s)
{
	int rc = SQLITE_OK;

	for (; *s && rc == SQLITE_OK; s++)
		rc = query_exec(db, *s);
	return rc;
}

/* Streams and plays that change or go are matched anew. */
static void note_change(void *ctx, const struct change *c)
{
	struct forget *f = ctx;

	unmatched_change(&f->unmatched, c);
}

int forget_init(struct forget *f, sqlite3 *db, bool dry)
{
	static const struct sql *const create[] = {&sql_forget_create_runs,
	    &sql_forget_create_users, &sql_forget_create_captures,
	    &sql_forget_create_sources, &sql_forget_create_times,
	    &sql_forget_create_lists, &sql_forget_create_sums, NULL};

	*f = (struct forget){.db = db, .dry = dry, .tables = {.db = db}};
	applier_init(&f->applier, db, dry);
	unmatched_init(&f->unmatched, db);
	f->applier.on_change = dry ? NULL : note_change;
	f->applier.ctx = f;
	return run_all(db, create);
}

void forget_release(struct forget *f)
{
	unmatched_release(&f->unmatched);
	applier_release(&f->applier);
	tables_release(&f->tables);
	free(f->user);
	free(f->numbers);
	free(f->times);
}

/* --- what to forget ------------------------------------------------------ */

int forget_add_run(struct forget *f, struct slice run, bool *known)
{
	struct query find, add;
	int rc, add_rc;

	query_prepare(&find, f->db, &sql_forget_is_known);
	query_bind_text(&find, ":run", run);
	*known = query_step(&find) && query_int(&find, 0) != 0;
	rc = query_finish(&find);
	query_prepare(&add, f->db, &sql_forget_add_run);
	query_bind_text(&add, ":run", run);
	query_run(&add);
	add_rc = query_finish(&add);
	return rc != SQLITE_OK ? rc : add_rc;
}

int forget_add_user(struct forget *f, struct slice user)
{
	static const struct sql *const add[] = {
	    &sql_forget_add_user, &sql_forget_add_runs_of_user};
	int rc = SQLITE_OK;

	for (size_t i = 0; i < COUNT_OF(add) && rc == SQLITE_OK; i++) {
		struct query q;

		query_prepare(&q, f->db, add[i]);
		query_bind_text(&q, ":user", user);
		query_run(&q);
		rc = query_finish(&q);
	}
	return rc;
}

int forget_find_fetched(struct forget *f, struct buf *run)
{
	struct query q;

	query_prepare(&q, f->db, &sql_forget_fetched);
	if (query_step(&q))
		buf_put_slice(run, query_text(&q, 0));
	return query_finish(&q);
}

int forget_find_busy(struct forget *f, struct buf *run)
{
	struct query q;

	query_prepare(&q, f->db, &sql_forget_processes);
	while (query_step(&q))
		if (run->n == 0 && os_process_runs(query_string(&q, 0)))
			buf_put_slice(run, query_text(&q, 1));
	return query_finish(&q);
}

int forget_pending(sqlite3 *db, char run[ULID_TEXT])
{
	struct query q;

	query_prepare(&q, db, &sql_forget_pending);
	*run = '\0';
	if (query_step(&q) && query_text(&q, 0).n == ULID_TEXT - 1)
		memcpy(run, query_string(&q, 0), ULID_TEXT);
	return query_finish(&q);
}

/* Read numbers, or times as numbers, which come in order. */
static int read_set(sqlite3 *db, const struct sql *sql, bool times,
    int64_t **numbers, struct retract_set *set)
{
	size_t room = 0, n = 0;
	struct query q;

	query_prepare(&q, db, sql);
	while (query_step(&q)) {
		int64_t number = query_int(&q, 0);

		if (times && !clock_parse(query_text(&q, 0), &number))
			continue;
		*numbers = mem_grow(*numbers, &room, n + 1, sizeof(**numbers));
		(*numbers)[n++] = number;
	}
	*set = (struct retract_set){*numbers, n};
	return query_finish(&q);
}

/* When captures may have been fetched that are not here any more. */
static int read_pruned(struct forget *f)
{
	struct query q;

	query_prepare(&q, f->db, &sql_forget_pruned_span);
	if (query_step(&q) && query_text(&q, 0).p) {
		snprintf(f->pruned_from, CLOCK_TEXT, "%s", query_string(&q, 0));
		snprintf(f->pruned_to, CLOCK_TEXT, "%s", query_string(&q, 1));
		f->what.pruned_from = slice_of(f->pruned_from);
		f->what.pruned_to = slice_of(f->pruned_to);
	}
	return query_finish(&q);
}

/* Find all that is of the chosen runs and people. */
static int find(struct forget *f)
{
	static const struct sql *const all[] = {&sql_forget_find_captures,
	    &sql_forget_find_sources, &sql_forget_find_times,
	    &sql_forget_find_lists, &sql_forget_find_confirmed_lists, NULL};
	int rc = run_all(f->db, all);

	if (rc == SQLITE_OK)
		rc = read_set(f->db, &sql_forget_sources, false, &f->numbers,
		    &f->what.sources);
	if (rc == SQLITE_OK)
		rc = read_set(
		    f->db, &sql_forget_times, true, &f->times, &f->what.times);
	return rc == SQLITE_OK ? read_pruned(f) : rc;
}

/* --- rows ---------------------------------------------------------------- */

static int add_sum(struct forget *f, struct slice table, int64_t rows,
    int64_t values, int64_t pruned)
{
	struct query q;

	if (rows == 0 && values == 0)
		return SQLITE_OK;
	query_prepare(&q, f->db, &sql_forget_add_sum);
	query_bind_text(&q, ":table", table);
	query_bind_int(&q, ":rows", rows);
	query_bind_int(&q, ":values", values);
	query_bind_int(&q, ":pruned", pruned);
	query_run(&q);
	return query_finish(&q);
}

/* The same of a table with values: sums up, and says what to replay. */
static int add_values(struct forget *f, const struct table *t, int64_t rows,
    int64_t values, int64_t pruned)
{
	bool export = slice_starts(t->name, SLICE("streaming_"));

	f->rows += rows;
	f->values += values;
	f->pruned += pruned;
	if (values > 0 && !export)
		f->scope = FORGET_ALL;
	else if (values > 0 && f->scope == FORGET_NOTHING)
		f->scope = FORGET_EXPORTS;
	return add_sum(f, t->name, rows, values, pruned);
}

/* Append whether a row has values that may go, or is of a person who does. */
static void put_condition(
    sqlite3_str *s, const struct forget *f, const struct table *t)
{
	sqlite3_str_appendall(s, "(");
	live_set_put_has_source(s, t, SOURCES);
	if (f->what.times.count > 0) {
		sqlite3_str_appendall(s, " or ");
		live_set_put_is_unknown(s, t);
	}
	if (table_column(t, SLICE("user_id")) >= 0)
		sqlite3_str_appendall(s, " or user_id in " USERS);
	if (t->list_sources >= 0)
		sqlite3_str_appendall(s, " or playlist_id in " LISTS);
	sqlite3_str_appendall(s, ")");
}

/*
 * List the rows that may change, in a temporary table, because a table must not
 * change while it is read: their keys, whether all of the row goes, and whether
 * the list of tracks does.
 */
static int list_rows(struct forget *f, const struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(f->db);
	char *sql;
	int rc;

	sqlite3_str_appendf(
	    s, "create temp table \"rows_of_%w\" as select ", t->name.p);
	for (unsigned i = 0; i < t->key_count; i++)
		sqlite3_str_appendf(
		    s, "\"%w\", ", t->columns[t->keys[i]].name.p);
	sqlite3_str_appendf(s, "%s, %s from main.\"%w\" where ",
	    table_column(t, SLICE("user_id")) >= 0 ? "user_id in " USERS : "0",
	    t->list_sources >= 0 ? "playlist_id in " LISTS : "0", t->name.p);
	put_condition(s, f, t);
	sql = sqlite3_str_finish(s);
	rc = db_exec(f->db, sql ? sql : "");
	sqlite3_free(sql);
	return rc;
}

/* Read the key of a listed row; false if it is none that sp has written. */
static bool read_key(
    struct query *q, const struct table *t, struct value keys[])
{
	for (unsigned i = 0; i < t->key_count; i++) {
		keys[i] = value_read(q->stmt, (int)i);
		keys[i].column = t->keys[i];
		if (keys[i].type != VALUE_TEXT && keys[i].type != VALUE_INT)
			return false;
	}
	return true;
}

static int retract_rows(struct forget *f, struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(f->db);
	const int n = (int)t->key_count;
	struct value keys[TABLE_COLUMNS_MAX];
	struct observation key = {keys, t->key_count, false};
	int64_t gone = 0, values = 0, pruned = 0;
	struct query q;

	sqlite3_str_appendf(s, "select * from temp.\"rows_of_%w\"", t->name.p);
	query_prepare_built(&q, f->db, "forget_rows", s);
	while (query_step(&q)) {
		struct retracted back;

		if (!read_key(&q, t, keys))
			continue;
		f->what.row = query_int(&q, n) != 0;
		f->what.list = query_int(&q, n + 1) != 0;
		query_fail(&q,
		    apply_retraction(&f->applier, t, &key, &f->what, &back));
		gone += back.values > 0 && !f->applier.after.present;
		values += back.values;
		pruned += back.pruned;
	}
	query_fail(&q, add_values(f, t, gone, values, pruned));
	return query_finish(&q);
}

/* Append the condition of rows that go whole, of tables of other kinds. */
static void put_whole(
    sqlite3_str *s, const struct forget *f, const struct table *t)
{
	if (t->kind == TABLE_LIST) {
		sqlite3_str_appendall(s, "playlist_id in " LISTS);
		return;
	}
	live_set_put_has_source(s, t, SOURCES);
	if (table_column(t, SLICE("user_id")) >= 0)
		sqlite3_str_appendall(s, " or user_id in " USERS);
	if (f->what.times.count > 0) {
		sqlite3_str_appendall(s, " or (");
		live_set_put_is_unknown(s, t);
		sqlite3_str_appendall(s, " and ");
		live_set_put_was_written(s, t, TIMES);
		sqlite3_str_appendall(s, ")");
	}
	if (slice_is(t->name, "playlist_ingest_done"))
		sqlite3_str_appendall(s,
		    " or (playlist_id, done_at) in (select playlist_id,"
		    " tracks_updated from temp.forget_lists)");
	if (slice_is(t->name, "playlist_pages"))
		sqlite3_str_appendall(s,
		    " or substr(list, 1, instr(list, '/') - 1) in"
		    " (select run_id from temp.forget_runs)"
		    /* Pages are assessed as they come: so they must come. */
		    " or (playlist_id in " LISTS " and row_source in"
		    " (select source_id from sources"
		    " join staging_raw using (run_id, seq)))");
}

static int count_whole(struct forget *f, const struct table *t, int64_t *rows)
{
	sqlite3_str *s = sqlite3_str_new(f->db);
	struct query q;

	sqlite3_str_appendf(
	    s, "select count(*) from main.\"%w\" where ", t->name.p);
	put_whole(s, f, t);
	query_prepare_built(&q, f->db, "forget_count", s);
	query_step(&q);
	*rows = query_int(&q, 0);
	return query_finish(&q);
}

static int delete_whole(struct forget *f, const struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(f->db);
	struct query q;

	sqlite3_str_appendf(s, "delete from main.\"%w\" where ", t->name.p);
	put_whole(s, f, t);
	query_prepare_built(&q, f->db, "forget_delete", s);
	query_run(&q);
	return query_finish(&q);
}

static int forget_whole(struct forget *f, const struct table *t)
{
	int64_t rows = 0;
	int rc = count_whole(f, t, &rows);

	if (rc == SQLITE_OK && rows > 0 && !f->dry)
		rc = delete_whole(f, t);
	return rc == SQLITE_OK ? add_values(f, t, rows, rows, 0) : rc;
}

static int forget_table(struct forget *f, struct table *t)
{
	int rc;

	if (t->kind != TABLE_LIST && !live_set_covers(t))
		return SQLITE_OK;
	if (t->kind != TABLE_BY_COLUMN)
		return forget_whole(f, t);
	rc = list_rows(f, t);
	return rc == SQLITE_OK ? retract_rows(f, t) : rc;
}

/* In the order of their names, so that playlists are before their items. */
static int forget_tables(struct forget *f)
{
	struct query names;

	query_prepare(&names, f->db, &sql_table_names);
	while (query_step(&names)) {
		struct table *t =
		    tables_find(&f->tables, query_text(&names, 0));

		query_fail(&names, t ? forget_table(f, t) : db_error(f->db));
	}
	return query_finish(&names);
}

/* --- captures, and the log ----------------------------------------------- */

static int sum_captures(struct forget *f)
{
	struct query q;

	query_prepare(&q, f->db, &sql_forget_sum_captures);
	query_step(&q);
	f->captures = query_int(&q, 0);
	f->bytes = query_int(&q, 1);
	if (!query_is_null(&q, 2))
		f->user = mem_string(query_string(&q, 2));
	query_fail(&q, add_sum(f, SLICE("staging_raw"), f->captures, 0, 0));
	return query_finish(&q);
}

/* Remove all that is no value of a row. */
static int remove_rest(struct forget *f)
{
	static const struct sql *const remove[] = {&sql_forget_mark_runs,
	    &sql_forget_delete_captures, &sql_forget_delete_bodies,
	    &sql_forget_delete_errors, &sql_forget_delete_sources,
	    &sql_forget_clear_last_source, &sql_forget_delete_matches,
	    &sql_forget_delete_redeliveries, &sql_forget_delete_runs_of_user,
	    &sql_forget_delete_gaps_of_user, &sql_forget_delete_accounts,
	    &sql_forget_delete_lifted_deadlines, NULL};
	int rc = run_all(f->db, remove);

	if (rc == SQLITE_OK)
		rc = unmatched_drop_deleted(f->db);
	if (rc == SQLITE_OK)
		rc = unmatched_end(&f->unmatched);
	return rc == SQLITE_OK ? query_exec(f->db, &sql_forget_delete_spans)
			       : rc;
}

int forget_apply(struct forget *f)
{
	int rc = f->dry ? SQLITE_OK : unmatched_begin(&f->unmatched);

	if (rc == SQLITE_OK)
		rc = find(f);
	if (rc == SQLITE_OK)
		rc = sum_captures(f);
	if (rc == SQLITE_OK)
		rc = forget_tables(f);
	return rc == SQLITE_OK && !f->dry ? remove_rest(f) : rc;
}

void forget_list(const struct forget *f, struct query *list)
{
	query_prepare(list, f->db, &sql_forget_list);
}
