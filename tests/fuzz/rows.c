/*
 * Fuzzes the loading of rows: any lines are loaded or refused, the database
 * stays valid, and the loaded ones give the same tables when they are sent
 * again, or in the opposite order.
 */
#include <stdlib.h>

#include "db/db.h"
#include "db/schema.h"
#include "inspect/digest.h"
#include "merge/apply.h"
#include "merge/batch.h"
#include "merge/row_record.h"
#include "merge/tracklist.h"
#include "stream/record.h"

#define LINES_TAKEN 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3 *db;

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void ask(const char *sql)
{
	must(db_exec(db, sql) == SQLITE_OK);
}

static void set_up(void)
{
	must(sqlite3_open(":memory:", &db) == SQLITE_OK);
	must(schema_create(db) == SQLITE_OK);
	ask("alter table tracks add column energy real;"
	    "alter table tracks add column nth numeric;"
	    "create table moods (day text, hour integer, mood text not null"
	    " default 'calm', last_updated text, column_times text,"
	    " primary key (hour, day))");
}

/* What loads, as sp-load has it, but that it is in memory. */
struct load {
	struct tables tables;
	struct applier applier;
	struct tracklists lists;
	struct batch batch;
	struct buf line, why;
	bool pages; /* some came */
};

static void on_forbidden(void *ctx, const struct change *c, const char *reason)
{
	(void)ctx;
	(void)c;
	must(reason != NULL);
}

static void on_change(void *ctx, const struct change *c)
{
	struct buf text = BUF_INIT((size_t)1 << 24);
	struct json j;

	(void)ctx;
	must(change_put(c, &text));
	must(json_check(&j, buf_slice(&text)));
	buf_release(&text);
}

static void load_init(struct load *l)
{
	*l = (struct load){.tables = {.db = db},
	    .line = BUF_INIT((size_t)1 << 24),
	    .why = BUF_INIT((size_t)1 << 20)};
	applier_init(&l->applier, db, false);
	l->applier.on_forbidden = on_forbidden;
	l->applier.on_change = on_change;
	tracklists_init(&l->lists, &l->applier, &l->tables);
	batch_init(&l->batch);
}

static void flush(struct load *l)
{
	must(apply_batch(&l->applier, &l->batch) == SQLITE_OK);
	must(tracklists_apply(&l->lists, &l->batch) == SQLITE_OK);
	batch_clear(&l->batch);
}

static bool suits(const struct table *t, const struct row_record *a)
{
	if (t->kind == TABLE_LIST)
		return a->list_op != LIST_OP_NONE;
	if (t->kind == TABLE_UNKNOWN || t->kind == TABLE_NOT_LOADED ||
	    a->list_op)
		return false;
	return !a->removes || t->kind == TABLE_QUEUE;
}

/* What is taken without being read as a record is one, with the same parts. */
static void split_line(struct load *l, struct slice line)
{
	static struct row_ending ending = {.text = BUF_INIT(1 << 20)};
	struct row_record a = {.user = SLICE("kim")}, b = {.user = a.user};
	struct slice name = {NULL, 0}, same = {NULL, 0};
	const char *reason;
	struct record rec;
	struct table *t;
	size_t at;

	if (!row_record_split(&ending, line, &name, &a))
		return;
	t = tables_find(&l->tables, name);
	must(t != NULL);
	buf_clear(&l->why);
	if (t->kind != TABLE_BY_COLUMN || !batch_add(&l->batch, t, &a, &l->why))
		return;
	must(record_parse(&rec, line, &reason, &at));
	must(row_record_read(&rec, &l->line, &same, &b) == NULL);
	must(slice_eq(name, same) && slice_eq(a.object, b.object));
	must(slice_eq(a.at, b.at) && slice_eq(a.src, b.src));
}

static void load_line(struct load *l, struct slice line)
{
	struct row_record a = {.user = SLICE("kim")};
	struct slice name = {NULL, 0};
	const char *reason;
	struct record rec;
	struct table *t;
	size_t at;

	split_line(l, line);
	if (!record_parse(&rec, line, &reason, &at)) {
		must(reason != NULL && at <= line.n);
		return;
	}
	if (rec.type != RECORD_ROW ||
	    row_record_read(&rec, &l->line, &name, &a) != NULL)
		return;
	t = tables_find(&l->tables, name);
	must(t != NULL);
	if (!suits(t, &a))
		return;
	if (!a.at.p)
		a.at = SLICE("2026-03-01T00:00:00.000Z");
	buf_clear(&l->why);
	if (!batch_add(&l->batch, t, &a, &l->why))
		must(l->why.n > 0);
	else
		l->pages |= a.list_op != LIST_OP_NONE;
}

/* The digests of the tables that rows were for. */
static void sum(struct load *l, struct buf *to)
{
	struct digest d;

	buf_clear(to);
	for (size_t i = 0; i < l->tables.count; i++) {
		if (!digest_covers(l->tables.list[i]))
			continue;
		must(digest_table(db, l->tables.list[i], &d) == SQLITE_OK);
		buf_put(to, &d, sizeof(d));
	}
}

/* Load lines in one order or the other, a batch after every few. */
static void load(struct load *l, const struct slice *lines, int n,
    bool backwards, int few, struct buf *digest)
{
	for (int i = 0; i < n; i++) {
		load_line(l, lines[backwards ? n - 1 - i : i]);
		if (i % few == few - 1)
			flush(l);
	}
	flush(l);
	must(tracklists_clear_seen(&l->lists) == SQLITE_OK);
	sum(l, digest);
}

/* Have every table and statement ready that does not go with a rollback. */
static void warm_up(struct load *l)
{
	static const char *const lines[] = {
	    "{\"type\":\"row\",\"table\":\"playlist_tracks\",\"op\":\"page\","
	    "\"row\":{\"playlist_id\":\"p\",\"list\":\"l\",\"offset\":0,"
	    "\"total\":2,\"items\":[]}}",
	    "{\"type\":\"row\",\"table\":\"playlist_ingest_queue\","
	    "\"op\":\"delete\",\"row\":{\"playlist_id\":\"p\"}}"};

	set_up();
	load_init(l);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		load_line(l, slice_of(lines[i]));
	flush(l);
	must(tracklists_clear_seen(&l->lists) == SQLITE_OK);
	ask("delete from playlist_pages; delete from playlist_ingest_done");
}

static void try_lines(struct load *l, const struct slice *lines, int n)
{
	struct buf once = BUF_INIT(1 << 16), again = BUF_INIT(1 << 16);

	l->pages = false;
	ask("begin");
	load(l, lines, n, false, 64, &once);
	/* Tables are looked at from their first row on: now all are. */
	load(l, lines, n, false, 3, &again);
	must(l->pages || slice_eq(buf_slice(&once), buf_slice(&again)));
	ask("rollback; begin");
	load(l, lines, n, true, 2, &once);
	/* Pages that contradict each other have no order of their own. */
	must(l->pages || slice_eq(buf_slice(&once), buf_slice(&again)));
	ask("rollback");
	buf_release(&once);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct load loading;
	/* Exactly its size, so that a read past the end is seen. */
	char *copy = malloc(size ? size : 1);
	struct slice lines[LINES_TAKEN], rest = {copy, size};
	int n = 0;

	must(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	for (; n < LINES_TAKEN && rest.n > 0; n++) {
		const char *newline = memchr(rest.p, '\n', rest.n);
		size_t len = newline ? (size_t)(newline - rest.p) : rest.n;

		lines[n] = (struct slice){rest.p, len};
		rest = slice_from(rest, newline ? len + 1 : len);
	}
	if (!db)
		warm_up(&loading);
	try_lines(&loading, lines, n);
	free(copy);
	return 0;
}
