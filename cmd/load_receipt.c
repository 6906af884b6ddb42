#include "load_receipt.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/mem.h"
#include "cli.h"
#include "db/query.h"
#include "db/statements.h"
#include "json/json.h"
#include "receipt_table.h"

#define LINES_MAX ((size_t)1 << 30)

void receipt_init(struct receipt *r)
{
	*r = (struct receipt){.names = BUF_INIT(LINES_MAX)};
	r->runs_end = &r->runs;
}

void receipt_clear(struct receipt *r)
{
	r->count = r->last = 0;
	hash_clear(&r->index);
	buf_clear(&r->names);
}

static void free_run(struct receipt_run *run)
{
	buf_release(&run->lines);
	free(run->id);
	free(run);
}

void receipt_release(struct receipt *r)
{
	for (struct receipt_run *run = r->runs, *next; run; run = next) {
		next = run->next;
		free_run(run);
	}
	hash_release(&r->index);
	buf_release(&r->names);
	free(r->lines);
}

static bool is_line(const struct receipt *r, const struct receipt_line *l,
    struct slice name, bool is_file, unsigned year)
{
	struct slice own = slice_from(buf_slice(&r->names), l->name);

	own.n = l->name_len;
	return l->year == year && l->is_file == is_file && slice_eq(own, name);
}

/* The line of a capture or a file, and a year: mostly the last one. */
static struct receipt_line *line_of(
    struct receipt *r, struct slice name, bool is_file, unsigned year)
{
	uint64_t hash = hash_bytes(2 * (uint64_t)year + is_file, name);
	struct hash_walk w = hash_find(&r->index, hash);

	if (r->last < r->count &&
	    is_line(r, &r->lines[r->last], name, is_file, year))
		return &r->lines[r->last];
	while (hash_next(&w)) {
		r->last = w.number;
		if (is_line(r, &r->lines[r->last], name, is_file, year))
			return &r->lines[r->last];
	}
	r->lines =
	    mem_grow(r->lines, &r->room, r->count + 1, sizeof(*r->lines));
	r->last = r->count;
	r->lines[r->count] = (struct receipt_line){.name = r->names.n,
	    .name_len = name.n,
	    .is_file = is_file,
	    .year = year};
	buf_put_slice(&r->names, name.p ? name : SLICE(""));
	hash_add(&r->index, hash, (uint32_t)r->count);
	return &r->lines[r->count++];
}

static void set_table(struct receipt *r, const struct table *t)
{
	r->table = t;
	r->ts = table_column(t, SLICE("ts"));
	r->phantom = table_column(t, SLICE("phantom"));
	r->incognito = table_column(t, SLICE("incognito_mode"));
	r->kind = table_column(t, SLICE("kind"));
}

/* Whether a table is streaming_history, whose columns are then known. */
static bool is_streams(struct receipt *r, const struct table *t)
{
	if (!r->table && slice_is(t->name, "streaming_history"))
		set_table(r, t);
	return t == r->table;
}

static unsigned year_of(const struct value *ts)
{
	struct slice text = ts ? value_slice(ts) : SLICE("");
	unsigned year = 0;

	for (size_t i = 0; i < 4 && i < text.n; i++)
		year = year * 10 + (unsigned)(text.p[i] - '0');
	return year;
}

static bool is_true(const struct observation *obs, int column)
{
	const struct value *v = observation_column(obs, (unsigned)column);

	return v && v->type == VALUE_INT && v->integer != 0;
}

static void count_row(const struct receipt *r, struct receipt_line *l,
    const struct observation *obs)
{
	const struct value *v = observation_column(obs, (unsigned)r->kind);
	struct slice kind = v ? value_slice(v) : SLICE("");

	l->used++;
	l->phantoms += is_true(obs, r->phantom);
	l->incognito += is_true(obs, r->incognito);
	l->podcasts += slice_is(kind, "episode");
	l->audiobooks += slice_is(kind, "audiobook");
	l->videos += slice_is(kind, "video");
}

void receipt_add(struct receipt *r, const struct table *t,
    const struct observation *obs, struct slice src)
{
	if (is_streams(r, t))
		count_row(r,
		    line_of(r, src, false,
			year_of(observation_column(obs, (unsigned)r->ts))),
		    obs);
}

static struct receipt_line *line_of_change(
    struct receipt *r, const struct change *c)
{
	return line_of(r, c->src, false, year_of(&c->after->values[r->ts]));
}

void receipt_change(struct receipt *r, const struct change *c)
{
	if (!is_streams(r, c->table))
		return;
	if (c->kind == CHANGE_INSERT)
		line_of_change(r, c)->inserted++;
	else if (c->kind == CHANGE_UPDATE)
		line_of_change(r, c)->updated++;
}

void receipt_forbid(struct receipt *r, const struct change *c)
{
	struct receipt_line *l;

	if (!is_streams(r, c->table))
		return;
	l = line_of_change(r, c);
	l->used -= c->rows < l->used ? c->rows : l->used;
}

void receipt_refuse(
    struct receipt *r, struct slice src, struct slice file, uint64_t rows)
{
	if (src.p)
		line_of(r, src, false, 0);
	else if (rows > 0)
		line_of(r, file, true, 0)->refused += rows;
}

static struct slice name_of(
    const struct receipt *r, const struct receipt_line *l)
{
	return (struct slice){r->names.p + l->name, l->name_len};
}

/* Append a line as an object: what the query `receipt` reads. */
static void put_line(
    struct buf *b, const struct receipt *r, const struct receipt_line *l)
{
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {{"used", l->used}, {"inserted", l->inserted},
	    {"updated", l->updated}, {"refused", l->refused},
	    {"phantoms", l->phantoms}, {"incognito", l->incognito},
	    {"podcasts", l->podcasts}, {"audiobooks", l->audiobooks},
	    {"videos", l->videos}};

	buf_putc(b, b->n ? ',' : '[');
	buf_putc(b, '{');
	json_put_member(b, l->is_file ? "file" : "src", name_of(r, l));
	if (l->year)
		json_put_member_int(b, "year", l->year);
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_put_member_int(
		    b, counts[i].name, (int64_t)counts[i].count);
	buf_putc(b, '}');
}

/* Put the receipt of a run together; null if it has none. */
static int put_together(
    sqlite3 *db, const struct receipt_run *run, bool store, struct buf *receipt)
{
	struct query q;
	int rc;

	buf_clear(receipt);
	query_prepare(&q, db, &sql_receipt);
	query_bind_text(&q, ":lines", buf_slice(&run->lines));
	if (query_step(&q))
		buf_put_slice(receipt, query_text(&q, 0));
	rc = query_finish(&q);
	if (rc || !store || receipt->n == 0)
		return rc;
	query_prepare(&q, db, &sql_store_receipt);
	query_bind_text(&q, ":run", slice_of(run->id));
	query_bind_text(&q, ":receipt", buf_slice(receipt));
	query_run(&q);
	return query_finish(&q);
}

int receipt_end_run(
    struct receipt *r, sqlite3 *db, struct slice run, bool store, bool shown)
{
	struct buf receipt = BUF_INIT(LINES_MAX);
	struct receipt_run *ended;
	int rc;

	if (r->count == 0)
		return SQLITE_OK;
	ended = mem_zero(1, sizeof(*ended));
	ended->id = mem_string_slice(run);
	ended->lines.max = LINES_MAX;
	ended->shown = shown;
	for (size_t i = 0; i < r->count; i++)
		put_line(&ended->lines, r, &r->lines[i]);
	buf_putc(&ended->lines, ']');
	receipt_clear(r);
	rc = put_together(db, ended, store, &receipt);
	if (rc || receipt.n == 0) {
		free_run(ended);
	} else {
		*r->runs_end = ended;
		r->runs_end = &ended->next;
	}
	buf_release(&receipt);
	return rc;
}

int receipt_print(struct receipt *r, sqlite3 *db, bool store)
{
	struct buf receipt = BUF_INIT(LINES_MAX);
	int rc = SQLITE_OK;

	for (const struct receipt_run *run = r->runs; run && !rc;
	     run = run->next) {
		rc = put_together(db, run, store, &receipt);
		if (rc || !run->shown || receipt.n == 0)
			continue;
		cli_warn("run %s: what was read of the export:", run->id);
		rc = receipt_table(db, buf_slice(&receipt), stderr);
	}
	buf_release(&receipt);
	return rc;
}
