/*
 * The limit of loading: how long SQLite itself takes for the rows of a stream,
 * if nothing else is to be done. All rows are read before; then each is put
 * into a database in memory by a prepared upsert, in the order of the stream,
 * in one transaction, together with its time and the number of its capture.
 * The newest row wins whole.
 *
 *	load_limit ROWS		prints CPU seconds
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "db/db.h"
#include "db/schema.h"
#include "merge/row.h"
#include "merge/row_record.h"
#include "merge/sources.h"

#define SHAPES_MAX 64

/* Rows of one table that have the same columns, and their upsert. */
struct shape {
	const struct table *table;
	unsigned columns[TABLE_COLUMNS_MAX], count;
	sqlite3_stmt *upsert;
};

struct limit_row {
	const struct shape *shape;
	struct observation obs;
	struct slice at;
	int64_t source;
};

struct limit {
	sqlite3 *db;
	struct tables tables;
	struct arena arena;
	struct shape shapes[SHAPES_MAX];
	size_t shape_count;
	struct limit_row *rows;
	size_t count, room;
	struct source_name *sources;
	size_t source_count, source_room;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "load_limit: %s\n", what);
	exit(1);
}

static void must(sqlite3 *db, int rc)
{
	if (rc != SQLITE_OK)
		die(sqlite3_errmsg(db));
}

/* The column by which the newest row is known. */
static int time_column(const struct table *t)
{
	if (t->kind == TABLE_QUEUE)
		return table_column(t, SLICE("played_at"));
	return t->sparse_last || t->last < 0 ? t->first : t->last;
}

/* The columns that the limit sets besides those of the row, or -1. */
static void own_columns(const struct table *t, int own[3])
{
	own[0] = t->first;
	own[1] = t->sparse_last ? -1 : t->last;
	own[2] = t->row_source;
}

static void put_name(
    sqlite3_str *s, const char *format, const struct table *t, int column)
{
	const char *name = t->columns[column].name.p;

	sqlite3_str_appendf(s, format, name, name);
}

static void put_columns(
    sqlite3_str *s, const struct shape *shape, const char *format, bool keys)
{
	const struct table *t = shape->table;
	int own[3];

	for (unsigned i = 0; i < shape->count; i++)
		if (keys || t->columns[shape->columns[i]].rule != RULE_KEY)
			put_name(s, format, t, (int)shape->columns[i]);
	own_columns(t, own);
	for (int i = 0; i < 3; i++)
		if (own[i] >= 0)
			put_name(s, format, t, own[i]);
}

static void prepare_upsert(struct limit *l, struct shape *shape)
{
	const struct table *t = shape->table;
	sqlite3_str *s = sqlite3_str_new(l->db);
	const char *time = t->columns[time_column(t)].name.p;
	char *sql;

	sqlite3_str_appendf(s, "insert into %s (", t->name.p);
	put_columns(s, shape, "%s,", true);
	sqlite3_str_appendf(s, "%s) values (", "");
	put_columns(s, shape, "?,", true);
	sqlite3_str_appendall(s, ") on conflict (");
	for (unsigned i = 0; i < t->key_count; i++)
		put_name(s, "%s,", t, (int)t->keys[i]);
	sqlite3_str_appendall(s, ") do update set ");
	put_columns(s, shape, "%s=excluded.%s,", false);
	sqlite3_str_appendf(
	    s, " where excluded.%s > %s.%s", time, t->name.p, time);
	sql = sqlite3_str_finish(s);
	/* Each list ends with a comma too many. */
	for (char *p = sql; (p = strchr(p, ',')); p++)
		if (p[1] == ')' || p[1] == ' ')
			*p = ' ';
	must(l->db, sqlite3_prepare_v3(l->db, sql, -1,
			SQLITE_PREPARE_PERSISTENT, &shape->upsert, NULL));
	sqlite3_free(sql);
}

static const struct shape *find_shape(
    struct limit *l, const struct table *t, const struct observation *obs)
{
	struct shape new = {.table = t, .count = obs->count};

	for (unsigned i = 0; i < obs->count; i++)
		new.columns[i] = obs->values[i].column;
	for (size_t i = 0; i < l->shape_count; i++)
		if (l->shapes[i].table == t &&
		    new.count == l->shapes[i].count &&
		    memcmp(new.columns, l->shapes[i].columns,
			new.count * sizeof(*new.columns)) == 0)
			return &l->shapes[i];
	if (l->shape_count == SHAPES_MAX)
		die("too many kinds of rows");
	prepare_upsert(l, &new);
	l->shapes[l->shape_count] = new;
	return &l->shapes[l->shape_count++];
}

/* The number of a capture; all its rows come together. */
static int64_t number_source(struct limit *l, struct slice src)
{
	if (l->source_count == 0 ||
	    !slice_eq(src, l->sources[l->source_count - 1].text)) {
		l->sources = mem_grow(l->sources, &l->source_room,
		    l->source_count + 1, sizeof(*l->sources));
		l->sources[l->source_count++] =
		    source_name_read(arena_copy(&l->arena, src));
	}
	return (int64_t)l->source_count;
}

static void read_row(struct limit *l, struct slice line)
{
	static struct buf scratch = BUF_INIT(1 << 30);
	struct row_record a = {.removes = false};
	struct slice name = {NULL, 0};
	struct limit_row row;
	struct record rec;
	struct table *t;
	const char *why;
	size_t at;

	if (!record_parse(&rec, line, &why, &at) || rec.type != RECORD_ROW)
		die("not a row");
	if (row_record_read(&rec, &scratch, &name, &a) ||
	    !(t = tables_find(&l->tables, name)))
		die("not a row of a table");
	if (!row_read(t, arena_copy(&l->arena, a.object), a.user, &l->arena,
		&row.obs, &scratch, &scratch))
		die(buf_message(&scratch));
	row.shape = find_shape(l, t, &row.obs);
	row.at = arena_copy(&l->arena, a.at);
	row.source = number_source(l, a.src);
	l->rows = mem_grow(l->rows, &l->room, l->count + 1, sizeof(*l->rows));
	l->rows[l->count++] = row;
}

static void read_rows(struct limit *l, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!f)
		die("cannot open the rows");
	while ((n = getline(&line, &room, f)) > 0)
		read_row(l, (struct slice){line, (size_t)n - 1});
	free(line);
	fclose(f);
}

static void bind(sqlite3_stmt *s, int i, const struct value *v)
{
	switch (v->type) {
	case VALUE_INT: sqlite3_bind_int64(s, i, v->integer); break;
	case VALUE_REAL: sqlite3_bind_double(s, i, v->real); break;
	case VALUE_TEXT: db_bind_text(s, i, v->text); break;
	default: sqlite3_bind_null(s, i);
	}
}

static void put_row(struct limit *l, const struct limit_row *row)
{
	const struct table *t = row->shape->table;
	sqlite3_stmt *s = row->shape->upsert;
	unsigned n = row->obs.count;
	int own[3], at = 1;

	for (unsigned i = 0; i < n; i++)
		bind(s, at++, &row->obs.values[i]);
	own_columns(t, own);
	for (int i = 0; i < 2; i++)
		if (own[i] >= 0)
			db_bind_text(s, at++, row->at);
	if (own[2] >= 0)
		sqlite3_bind_int64(s, at, row->source);
	must(l->db, db_run(s));
}

static void put_source(struct limit *l, sqlite3_stmt *s, int64_t number)
{
	const struct source_name *name = &l->sources[number - 1];

	sqlite3_bind_int64(s, 1, number);
	db_bind_text(s, 2, name->run);
	sqlite3_bind_int64(s, 3, name->seq);
	must(l->db, db_run(s));
}

static void put_rows(struct limit *l)
{
	sqlite3_stmt *s;
	int64_t last = 0;

	must(l->db, sqlite3_prepare_v2(l->db,
			"insert into sources (source_id, run_id, seq)"
			" values (?, ?, ?)",
			-1, &s, NULL));
	must(l->db, db_exec(l->db, "begin"));
	for (size_t i = 0; i < l->count; i++) {
		for (; last < l->rows[i].source; last++)
			put_source(l, s, last + 1);
		put_row(l, &l->rows[i]);
	}
	must(l->db, db_exec(l->db, "commit"));
	sqlite3_finalize(s);
}

int main(int argc, char **argv)
{
	static struct limit l;
	clock_t from;

	if (argc != 2)
		die("usage: load_limit ROWS");
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	must(NULL, sqlite3_open(":memory:", &l.db));
	must(l.db, db_exec(l.db, "pragma page_size = 8192"));
	must(l.db, schema_create(l.db));
	l.tables.db = l.db;
	read_rows(&l, argv[1]);
	from = clock();
	put_rows(&l);
	printf("%.2f\n", (double)(clock() - from) / CLOCKS_PER_SEC);
	return 0;
}
