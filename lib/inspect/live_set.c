#include "inspect/live_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/db.h"
#include "inspect/digest.h"
#include "json/json.h"

#define FREE INT64_MIN /* no time that is read is so early */
#define TIME_MIX UINT64_C(0x9e3779b97f4a7c15)

/* Where a time is, or where it is to go. There is always a free slot. */
static size_t find(const struct time_set *t, int64_t ms)
{
	uint64_t hash = (uint64_t)ms * TIME_MIX;
	size_t i = (size_t)(hash ^ hash >> 32) & (t->room - 1);

	while (t->slots[i] != FREE && t->slots[i] != ms)
		i = (i + 1) & (t->room - 1);
	return i;
}

/* Twice as much room, each time in its new slot. */
static void grow(struct time_set *t)
{
	struct time_set more = {.room = t->room ? 2 * t->room : 1024};

	more.slots = mem_resize(NULL, more.room, sizeof(*more.slots));
	for (size_t i = 0; i < more.room; i++)
		more.slots[i] = FREE;
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i] != FREE)
			more.slots[find(&more, t->slots[i])] = t->slots[i];
	more.count = t->count;
	free(t->slots);
	*t = more;
}

void time_set_add(struct time_set *t, int64_t ms)
{
	size_t i;

	if (2 * t->count >= t->room)
		grow(t);
	i = find(t, ms);
	t->count += t->slots[i] == FREE;
	t->slots[i] = ms;
}

bool time_set_has(const struct time_set *t, int64_t ms)
{
	return t->count > 0 && t->slots[find(t, ms)] == ms;
}

void time_set_release(struct time_set *t)
{
	free(t->slots);
	*t = (struct time_set){.count = 0};
}

/* Whether a column holds a time at which its row, or itself, was written. */
static bool is_time(const struct table *t, unsigned column)
{
	switch (t->columns[column].rule) {
	case RULE_FIRST:
	case RULE_LAST:
	case RULE_MIN:
	case RULE_MAX:
	case RULE_TIMES: return true;
	/* Of playlist_ingest_queue, and playlist_ingest_done. */
	case RULE_TABLE:
		return slice_is(t->columns[column].name, "detected_at") ||
		       slice_is(t->columns[column].name, "done_at");
	default: return false;
	}
}

/* What is read of a table: the columns that hold times. */
struct table_walk {
	struct row_times row;
	unsigned columns[TABLE_COLUMNS_MAX], count;
	/* A row's times are mostly those of the row before it. */
	struct slice text[TABLE_COLUMNS_MAX];
	char cached[TABLE_COLUMNS_MAX][CLOCK_TEXT];
	int64_t ms[TABLE_COLUMNS_MAX];
};

static int prepare(sqlite3 *db, struct table_walk *r, sqlite3_stmt **stmt)
{
	const struct table *t = r->row.table;
	sqlite3_str *s = sqlite3_str_new(db);
	const char *comma = "select ";
	char *sql;
	int rc;

	r->count = 0;
	for (unsigned i = 0; i < t->count; i++)
		if (is_time(t, i)) {
			sqlite3_str_appendf(
			    s, "%s\"%w\"", comma, t->columns[i].name.p);
			comma = ", ";
			r->columns[r->count] = i;
			r->text[r->count++] = (struct slice){NULL, 0};
		}
	if (r->count == 0)
		sqlite3_str_appendf(s, "select null");
	sqlite3_str_appendf(s, " from \"%w\"", t->name.p);
	sql = sqlite3_str_finish(s);
	rc = sqlite3_prepare_v2(db, sql, -1, stmt, NULL);
	sqlite3_free(sql);
	return rc;
}

static void add(struct row_times *row, int64_t ms)
{
	if (row->count < ROW_TIMES_MAX)
		row->times[row->count++] = ms;
}

/* The times of an object that RULE_TIMES wrote. */
static void add_listed(struct row_times *row, struct slice text)
{
	struct json j;
	int64_t ms;

	json_init(&j, text);
	if (json_next(&j) != JSON_OBJECT)
		return;
	while (json_next(&j) == JSON_STRING)
		if (clock_parse(j.text, &ms))
			add(row, ms);
}

static void add_column(struct table_walk *r, unsigned i, struct slice text)
{
	enum column_rule rule = r->row.table->columns[r->columns[i]].rule;

	if (rule == RULE_TIMES) {
		add_listed(&r->row, text);
		return;
	}
	if (!r->text[i].p || !slice_eq(r->text[i], text)) {
		r->text[i].p = NULL;
		if (!clock_parse(text, &r->ms[i]))
			return;
		if (text.n < sizeof(r->cached[i])) {
			memcpy(r->cached[i], text.p, text.n);
			r->text[i] = (struct slice){r->cached[i], text.n};
		}
	}
	add(&r->row, r->ms[i]);
}

static int walk_table(sqlite3 *db, struct table_walk *r,
    int (*row)(void *ctx, const struct row_times *), void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(db, r, &s);

	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		r->row.count = 0;
		for (unsigned i = 0; i < r->count; i++) {
			const void *p = sqlite3_column_text(s, (int)i);
			size_t n = (size_t)sqlite3_column_bytes(s, (int)i);

			if (p)
				add_column(r, i, (struct slice){p, n});
		}
		rc = row(ctx, &r->row);
	}
	return db_finish(s, rc);
}

static const char names[] =
    "select name from main.sqlite_master where type = 'table' order by name";

int live_set_walk(sqlite3 *db, struct tables *tables,
    int (*row)(void *ctx, const struct row_times *), void *ctx)
{
	struct table_walk r;
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db, names, -1, &s, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *name = sqlite3_column_text(s, 0);

		r.row.table = name ? tables_find(tables, slice_of(name)) : NULL;
		rc = SQLITE_OK;
		if (!r.row.table)
			rc = db_error(db);
		/* The time of a list is in its playlist's row. */
		else if (digest_covers(r.row.table) &&
			 r.row.table->kind != TABLE_LIST)
			rc = walk_table(db, &r, row, ctx);
	}
	return db_finish(s, rc);
}
