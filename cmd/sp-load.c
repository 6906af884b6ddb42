/*
 * sp-load: the last stage. Merges rows into the tables of the database, and
 * keeps the books of the runs that brought them. Nothing is sent on: with -n
 * the changes that would be made are printed instead of made.
 *
 * Rows are gathered in memory and written in transactions that are open only
 * while they are written. What moves a job on, its cursor and what leaves
 * the queue, waits for the run's good end and is committed together with it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "listing.h"
#include "table.h"
#include "store/arrival.h"
#include "store/batch.h"
#include "store/db.h"
#include "store/digest.h"
#include "store/ending.h"
#include "store/lists.h"
#include "store/load.h"
#include "store/runs.h"
#include "store/settle.h"
#include "store/tables.h"

#define BATCH_BYTES ((size_t)64 << 20)
#define GAPS_MAX 1000
#define RECORD_KEPT ((size_t)64 << 10) /* of a row that is forbidden */
#define OUT_BUFFER ((size_t)64 << 10)

static const char usage[] =
    "usage: sp-load [-n] [--db FILE] [--user ID] [--batch-rows N]\n"
    "               [--batch-time D] [--lock-wait D] [--max-line SIZE]\n"
    "               [--progress]\n"
    "       sp-load --digest [--db FILE]\n";

struct options {
	const char *db;
	const char *user;
	bool dry;
	bool digest;
	bool progress;
	uint64_t batch_rows;
	int64_t batch_ms;
	size_t max_line;
};

struct counts {
	uint64_t rows, inserted, updated, unchanged, removed, refused;
};

/* What is known of the run that is open, or of the rows that have none. */
struct ingest {
	bool open;
	char id[STAGE_RUN_MAX];
	struct buf job;
	struct counts counts;
	bool has_cursor;
	int64_t cursor;
	struct buf gaps; /* the elements of a JSON array */
	uint64_t gap_count;
	bool incomplete; /* some list of tracks is */
};

struct load {
	struct options options;
	struct stage stage;
	struct out out;
	sqlite3 *db;
	const char *path;
	struct tables tables;
	struct loader loader;
	struct lists lists;	  /* of tracks, by the page */
	struct batch batch;	  /* what is written next */
	struct batch held;	  /* what waits for a good end */
	struct settling settling; /* so do errors that are to leave */
	int64_t batch_since;	  /* by clock_monotonic, 0 while it is empty */
	int batch_left;		  /* milliseconds, when last asked */
	uint64_t clock_read_at;	  /* of the input, in bytes */
	struct ingest run;
	struct counts total;
	struct counts *by_table; /* by its index */
	size_t by_table_count;
	int status; /* the worst so far */
	struct buf line, why;
};

/* Which of two statuses a caller must hear of. */
static int worse(int a, int b)
{
	static const unsigned char order[] = {0, EX_REFUSED, EX_TEMPFAIL,
	    EX_UNAVAILABLE, EX_NOPERM, EX_CONFIG, EX_DATAERR, EX_OSERR,
	    EX_CANTCREAT, EX_IOERR, EX_SOFTWARE};
	int rank_a = sizeof(order), rank_b = sizeof(order);

	for (int i = 0; i < (int)sizeof(order); i++) {
		if (order[i] == a)
			rank_a = i;
		if (order[i] == b)
			rank_b = i;
	}
	return rank_a >= rank_b ? a : b;
}

static struct slice now_text(char text[CLOCK_TEXT])
{
	if (!clock_format(clock_now(), text))
		return (struct slice){NULL, 0};
	return (struct slice){text, CLOCK_TEXT - 1};
}

/* The database failed: nothing of the batch is written, and no more can be. */
static _Noreturn void die_of_database(struct load *l)
{
	int status;

	buf_clear(&l->why);
	status = store_failure(l->db, l->path, &l->why);
	store_rollback(l->db);
	store_close(l->db);
	cli_die(status, "%s", buf_words(&l->why));
}

static void begin(struct load *l)
{
	if (l->options.dry ? store_exec(l->db, "begin") : store_begin(l->db))
		die_of_database(l);
}

static void commit(struct load *l)
{
	if (store_commit(l->db))
		die_of_database(l);
	if (l->options.dry && !out_flush(&l->out))
		cli_die(EX_IOERR, "stdout: %s", strerror(l->out.err));
}

/* Remember a gap among the plays that this run is the first to tell of. */
static void note_gap(struct ingest *run, const struct change *c)
{
	int from = table_column(c->table, SLICE("gap_from"));
	int to = table_column(c->table, SLICE("gap_to"));

	if (from < 0 || to < 0)
		return;
	cli_warn("%s%s%splays between %.*s and %.*s may be missing",
	    run->open ? "run " : "", run->open ? run->id : "",
	    run->open ? ": " : "", (int)value_slice(&c->after->values[from]).n,
	    value_slice(&c->after->values[from]).p,
	    (int)value_slice(&c->after->values[to]).n,
	    value_slice(&c->after->values[to]).p);
	if (run->gap_count++ >= GAPS_MAX)
		return;
	if (run->gaps.n > 0)
		buf_putc(&run->gaps, ',');
	buf_puts(&run->gaps, "{\"from\":");
	json_put_string(&run->gaps, value_slice(&c->after->values[from]));
	buf_puts(&run->gaps, ",\"to\":");
	json_put_string(&run->gaps, value_slice(&c->after->values[to]));
	buf_putc(&run->gaps, '}');
}

/* Where the run's job stands now; where it moved another one, that one. */
static void note_cursor(struct ingest *run, const struct change *c)
{
	int job = table_column(c->table, SLICE("job"));
	int value = table_column(c->table, SLICE("value"));
	bool its_own;

	if (job < 0 || value < 0)
		return;
	its_own =
	    slice_eq(value_slice(&c->after->values[job]), buf_slice(&run->job));
	if (run->has_cursor && !its_own)
		return;
	run->has_cursor = true;
	run->cursor = c->after->values[value].integer;
}

static void count_change(struct counts *n, const struct change *c)
{
	n->inserted += c->kind == CHANGE_INSERT;
	n->updated += c->kind == CHANGE_UPDATE;
	n->removed += c->kind == CHANGE_DELETE;
	/* Rows that come together and change one row change it once. */
	n->unchanged += c->rows - (c->kind != CHANGE_NONE);
}

/* Print a change, and count it for its table. */
static void show_change(struct load *l, const struct change *c)
{
	size_t room = c->table->index + 1;

	if (room > l->by_table_count) {
		struct counts *more =
		    realloc(l->by_table, room * sizeof(*more));

		if (!more)
			cli_die(EX_OSERR, "out of memory");
		memset(more + l->by_table_count, 0,
		    (room - l->by_table_count) * sizeof(*more));
		l->by_table = more;
		l->by_table_count = room;
	}
	l->by_table[c->table->index].rows += c->rows;
	count_change(&l->by_table[c->table->index], c);
	buf_clear(&l->line);
	change_put(c, &l->line);
	buf_putc(&l->line, '\n');
	if (l->line.failed)
		cli_die(EX_OSERR, "out of memory");
	/* An error is kept, and met at commit. */
	out_put_slice(&l->out, buf_slice(&l->line));
}

static void on_change(void *ctx, const struct change *c)
{
	struct load *l = ctx;

	count_change(&l->run.counts, c);
	if (c->kind == CHANGE_INSERT && c->table->gaps)
		note_gap(&l->run, c);
	if (c->table->kind == TABLE_CURSOR)
		note_cursor(&l->run, c);
	if (l->options.dry)
		show_change(l, c);
}

static void write_refusal(struct load *l, const struct store_refusal *r)
{
	struct store_refusal kept = *r;

	kept.after = l->settling.known;
	if (!l->options.dry && store_refuse(l->db, &kept) != SQLITE_OK)
		die_of_database(l);
}

/* A constraint, which only a schema of the user's own has, forbids a row. */
static void on_forbidden(void *ctx, const struct change *c, const char *reason)
{
	struct load *l = ctx;
	char now[CLOCK_TEXT];
	struct buf text = BUF_INIT((size_t)64 << 10);
	struct store_refusal r = {.run = {l->run.open ? l->run.id : NULL, 0},
	    .stage = SLICE("sp-load"),
	    .src = c->src,
	    .seen_at = now_text(now)};

	r.run = slice_of(r.run.p);
	cli_warn("%.*s: table '%s': row cannot be written: %s",
	    c->src.p ? (int)c->src.n : 5, c->src.p ? c->src.p : "stdin",
	    c->table->name.p, reason);
	buf_printf(&text, "table '%s': row cannot be written: %s",
	    c->table->name.p, reason);
	r.reason = buf_slice(&text);
	buf_clear(&l->line);
	change_put(c, &l->line);
	r.record = buf_slice(&l->line);
	if (r.record.n > RECORD_KEPT)
		r.record.n = RECORD_KEPT;
	write_refusal(l, &r);
	buf_release(&text);
	if (l->run.open)
		l->stage.ledger.used[RECORD_ROW] -= c->rows;
	ledger_refuse(&l->stage.ledger, RECORD_ROW, "forbidden", c->rows);
	l->stage.refused += c->rows;
	l->run.counts.refused += c->rows;
}

/* Write the rows and refusals that have come, inside a transaction. */
static void write_batch(struct load *l, struct batch *b)
{
	int rc = loader_apply(&l->loader, b);

	if (rc == SQLITE_OK)
		rc = lists_apply(&l->lists, b);
	if (rc == SQLITE_NOMEM)
		cli_die(EX_OSERR, "%s: out of memory", l->path);
	if (rc != SQLITE_OK)
		die_of_database(l);
	for (const struct noted *n = b->refusals; n; n = n->next)
		write_refusal(l, &n->refusal);
}

static void flush(struct load *l)
{
	l->batch_since = 0;
	if (batch_is_empty(&l->batch))
		return;
	begin(l);
	write_batch(l, &l->batch);
	commit(l);
	batch_clear(&l->batch);
}

/* Forget the run, and add its counts up. */
static void close_run(struct load *l)
{
	struct counts *n = &l->run.counts, *t = &l->total;

	if (lists_forget(&l->lists) != SQLITE_OK)
		die_of_database(l);
	t->rows += n->rows;
	t->inserted += n->inserted;
	t->updated += n->updated;
	t->unchanged += n->unchanged;
	t->removed += n->removed;
	t->refused += n->refused;
	settling_clear(&l->settling);
	*n = (struct counts){.rows = 0};
	l->run.open = l->run.has_cursor = l->run.incomplete = false;
	l->run.gap_count = 0;
	buf_clear(&l->run.gaps);
	buf_clear(&l->run.job);
}

static void on_incomplete(
    void *ctx, struct slice playlist, struct slice list, const char *reason)
{
	struct load *l = ctx;
	struct buf text = BUF_INIT((size_t)64 << 10);
	char now[CLOCK_TEXT];
	struct store_refusal r = {
	    .run = slice_of(l->run.open ? l->run.id : NULL),
	    .stage = SLICE("sp-load"),
	    .list = list,
	    .seen_at = now_text(now)};

	buf_printf(&text, "playlist '%.*s': %s: the list held stays",
	    (int)playlist.n, playlist.p, reason);
	r.reason = buf_slice(&text);
	cli_warn("%s", buf_words(&text));
	write_refusal(l, &r);
	l->status = worse(l->status, EX_REFUSED);
	l->run.incomplete = true;
	buf_release(&text);
}

/* Say which lists of tracks are not complete, inside a transaction. */
static void end_lists(struct load *l)
{
	if (lists_incomplete(&l->lists, on_incomplete, l) != SQLITE_OK)
		die_of_database(l);
}

/* Let errors leave whose captures were loaded, inside a transaction. */
static void settle(struct load *l)
{
	uint64_t left = 0;

	if (l->options.dry)
		return;
	if (settling_apply(&l->settling, l->db, &left) || settle_lists(l->db))
		die_of_database(l);
	l->run.counts.removed += left;
}

/* Write what has come outside of any run; its end is as good as any. */
static void end_loose(struct load *l, bool good)
{
	if (good && (l->held.count > 0 || l->batch.parts || l->lists.waiting ||
			l->settling.captures.n > 0)) {
		begin(l);
		write_batch(l, &l->batch);
		write_batch(l, &l->held);
		end_lists(l);
		settle(l);
		commit(l);
		batch_clear(&l->batch);
		l->batch_since = 0;
	} else {
		flush(l);
	}
	batch_clear(&l->held);
	close_run(l);
}

/* Say in the books how the run ended, inside a transaction. */
static void write_end(struct load *l, const struct store_run_end *how)
{
	const struct counts *n = &l->run.counts;
	struct store_run_end end = *how;
	struct buf gaps = BUF_INIT((size_t)1 << 20);
	char now[CLOCK_TEXT];

	end.ended_at = now_text(now);
	end.rows = n->rows;
	end.inserted = n->inserted;
	end.updated = n->updated + n->removed;
	end.unchanged = n->unchanged;
	end.has_cursor = l->run.has_cursor;
	end.cursor = l->run.cursor;
	buf_putc(&gaps, '[');
	buf_put_slice(&gaps, buf_slice(&l->run.gaps));
	buf_putc(&gaps, ']');
	if (l->run.gap_count > 0)
		end.gaps = buf_slice(&gaps);
	if (!l->options.dry &&
	    store_run_end(l->db, slice_of(l->run.id), &end) != SQLITE_OK)
		die_of_database(l);
	buf_release(&gaps);
}

/* The run that is open will have no end: its rows are kept, it failed. */
static void end_cut(struct load *l, const char *reason)
{
	struct store_run_end end = {.status = "failed",
	    .reason = slice_of(reason),
	    .exit_status = EX_DATAERR,
	    .refused = l->run.counts.refused};

	begin(l);
	write_batch(l, &l->batch);
	write_end(l, &end);
	commit(l);
	batch_clear(&l->batch);
	batch_clear(&l->held);
	l->batch_since = 0;
	close_run(l);
}

static void on_cut(void *ctx, const char *run)
{
	struct load *l = ctx;

	if (!l->stage.stopped)
		cli_cut(ctx, run);
	else if (run)
		cli_warn("run %s: interrupted: its rows are kept, "
			 "its cursor stays",
		    run);
	/* A run whose record was refused was never opened here. */
	if (l->run.open)
		end_cut(
		    l, l->stage.stopped ? "interrupted" : "the stream was cut");
}

static void on_refusal(void *ctx, const struct refusal *r)
{
	struct load *l = ctx;
	char now[CLOCK_TEXT];
	struct store_refusal kept = {
	    .run = slice_of(l->run.open ? l->run.id : NULL),
	    .stage = SLICE("sp-load"),
	    .src = r->src,
	    .place = slice_of(r->where),
	    .reason = slice_of(r->reason),
	    .record = r->record,
	    .seen_at = now_text(now)};

	cli_refusal(NULL, r);
	l->run.counts.refused++;
	if (!l->options.dry && !batch_refuse(&l->batch, &kept))
		cli_die(EX_OSERR, "out of memory");
}

/* A record that an earlier stage refused. */
static void take_error(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(rec->line.n + 1);
	struct store_refusal r = {.stage = {NULL, 0}};
	char now[CLOCK_TEXT];
	const struct {
		const char *name;
		struct slice *to;
	} texts[] = {{"run", &r.run}, {"stage", &r.stage}, {"src", &r.src},
	    {"where", &r.place}, {"reason", &r.reason}, {"record", &r.record}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!record_string(rec, texts[i].name, &text, texts[i].to))
			*texts[i].to = record_raw(rec, texts[i].name);
	if (!r.run.p && l->run.open)
		r.run = slice_of(l->run.id);
	if (!r.stage.p)
		r.stage = SLICE("unknown");
	if (!r.reason.p)
		r.reason = SLICE("no reason was given");
	r.seen_at = now_text(now);
	stage_use(&l->stage, rec);
	l->run.counts.refused++;
	l->status = worse(l->status, EX_REFUSED);
	if (!l->options.dry && !batch_refuse(&l->batch, &r))
		cli_die(EX_OSERR, "out of memory");
	buf_release(&text);
}

static void take_run(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(rec->line.n + 1);
	struct store_run run;
	const char *reason;

	end_loose(l, true);
	if (!store_run_read(rec, &text, &run, &reason)) {
		if (text.no_memory)
			cli_die(EX_OSERR, "out of memory");
		stage_refuse(&l->stage, rec, "bad run", "%s", reason);
		buf_release(&text);
		return;
	}
	stage_use(&l->stage, rec);
	memcpy(l->run.id, l->stage.run, sizeof(l->run.id));
	buf_put_slice(&l->run.job, run.job);
	l->run.open = true;
	if (!l->options.dry &&
	    (store_begin(l->db) || store_run_seen(l->db, &run) ||
		store_commit(l->db)))
		die_of_database(l);
	buf_release(&text);
}

/* The table of a row if it can go there; NULL if it was refused. */
static struct table *find_table(struct load *l, const struct record *rec,
    struct slice name, const struct arrival *a)
{
	struct table *t = tables_find(&l->tables, name);
	int shown = (int)(name.n < 64 ? name.n : 64);

	if (!t)
		die_of_database(l);
	if (t->kind == TABLE_UNKNOWN)
		stage_refuse(&l->stage, rec, "bad table",
		    "there is no table '%.*s'", shown, name.p);
	else if (t->kind == TABLE_NOT_LOADED)
		stage_refuse(&l->stage, rec, "bad table",
		    "table '%.*s' cannot be loaded", shown, name.p);
	else if (a->part && t->kind != TABLE_LIST)
		stage_refuse(&l->stage, rec, "bad table",
		    "table '%.*s' takes no pages of lists", shown, name.p);
	else if (!a->part && !a->removes && t->kind == TABLE_LIST)
		stage_refuse(&l->stage, rec, "bad table",
		    "table '%.*s' takes pages of lists only, op page or check",
		    shown, name.p);
	else if (a->removes && t->kind != TABLE_QUEUE)
		stage_refuse(&l->stage, rec, "bad table",
		    "nothing can be deleted from table '%.*s'", shown, name.p);
	else
		return t;
	return NULL;
}

/* A capture is sent again: its errors leave if it loads. */
static void take_settling(
    struct load *l, const struct record *rec, const struct arrival *a)
{
	const char *wrong = settling_add(&l->settling, l->db, a->object);

	if (l->settling.known < 0)
		die_of_database(l);
	if (wrong)
		stage_refuse(&l->stage, rec, "bad row", "%s", wrong);
	else
		stage_use(&l->stage, rec);
}

static void take_row(struct load *l, const struct record *rec)
{
	struct arrival a = {.user = slice_of(l->options.user)};
	struct slice name = {NULL, 0};
	const char *wrong;
	struct table *t;
	struct batch *b;
	char now[CLOCK_TEXT];

	l->run.counts.rows++;
	wrong = arrival_read(rec, &l->line, &name, &a);
	if (l->line.no_memory)
		cli_die(EX_OSERR, "out of memory");
	if (wrong) {
		stage_refuse(&l->stage, rec, "bad row", "%s", wrong);
		return;
	}
	if (a.removes && slice_is(name, "ingest_errors")) {
		take_settling(l, rec, &a);
		return;
	}
	t = find_table(l, rec, name, &a);
	if (!t)
		return;
	if (!a.at.p)
		a.at = now_text(now);
	b = t->held || a.removes ? &l->held : &l->batch;
	buf_clear(&l->why);
	if (b == &l->held && batch_size(b) > BATCH_BYTES)
		buf_puts(&l->why, "too many rows wait for the end of the run");
	else if (batch_add(b, t, &a, &l->why)) {
		stage_use(&l->stage, rec);
		return;
	}
	/* Nothing is wrong with the row: it must not be refused. */
	if (b->arena.failed)
		cli_die(EX_OSERR, "out of memory");
	stage_refuse(&l->stage, rec, "bad row", "%s", buf_words(&l->why));
}

static void take_end(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(2 * rec->line.n + ((size_t)1 << 12));
	struct buf ledger = BUF_INIT(rec->line.n + ((size_t)1 << 16));
	struct store_run_end end;

	begin(l);
	write_batch(l, &l->batch);
	stage_put_ledger(&l->stage, rec, &ledger);
	ending_judge(rec, buf_slice(&ledger), &end, &text);
	if (ledger.no_memory || text.no_memory)
		cli_die(EX_OSERR, "out of memory");
	if (slice_is(slice_of(end.status), "complete"))
		write_batch(l, &l->held);
	end_lists(l);
	if (slice_is(slice_of(end.status), "complete"))
		settle(l);
	if (l->run.incomplete && end.exit_status == 0)
		end.exit_status = EX_REFUSED;
	write_end(l, &end);
	commit(l);
	batch_clear(&l->batch);
	batch_clear(&l->held);
	l->batch_since = 0;
	if (!slice_is(slice_of(end.status), "complete"))
		cli_warn("run %s: %s: %.*s", l->run.id, end.status,
		    (int)end.reason.n, end.reason.p);
	l->status = worse(l->status, end.exit_status);
	close_run(l);
	stage_run_ended(&l->stage);
	buf_release(&text);
	buf_release(&ledger);
}

static void take(struct load *l, const struct record *rec)
{
	switch (rec->type) {
	case RECORD_ROW: take_row(l, rec); break;
	case RECORD_ERROR: take_error(l, rec); break;
	case RECORD_RUN: take_run(l, rec); break;
	case RECORD_END: take_end(l, rec); break;
	case RECORD_CAPTURE:
		stage_refuse(&l->stage, rec, "not a row",
		    "a capture is no row: pipe it through sp-transform");
		break;
	case RECORD_REQUEST:
		stage_refuse(&l->stage, rec, "not a row",
		    "a request is no row: pipe it through sp-fetch and "
		    "sp-transform");
		break;
	default:
		stage_refuse(&l->stage, rec, "unknown type",
		    "a record of an unknown type");
	}
}

/*
 * How long the next record may keep the batch waiting; -1 for ever. The clock
 * is read once a read of input: between two records of one, no time passes.
 */
static int patience(struct load *l)
{
	int64_t now, left;

	if (batch_is_empty(&l->batch))
		return -1;
	if (l->batch_since && l->clock_read_at == l->stage.in.bytes)
		return l->batch_left;
	now = clock_monotonic();
	if (!l->batch_since)
		l->batch_since = now;
	left = l->batch_since + l->options.batch_ms - now;
	left = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : left;
	l->clock_read_at = l->stage.in.bytes;
	return l->batch_left = (int)left;
}

/* What is shown while rows come: by captures, where it is known how many. */
struct progress {
	bool wanted;
	uint64_t records;
	uint64_t captures; /* whose rows have come */
	int64_t total;	   /* that the runs announced, or 0 */
	char src[STAGE_RUN_MAX + 24];
};

static void show_progress(
    struct progress *p, const struct load *l, const struct record *rec)
{
	struct slice src = record_raw(rec, "src");
	uint64_t rows = l->total.rows + l->run.counts.rows;
	int64_t announced = 0;

	if (rec->type == RECORD_RUN &&
	    record_int(rec, "captures", &announced) && announced > 0)
		p->total += announced;
	if (rec->type == RECORD_ROW && src.n > 0 && src.n < sizeof(p->src) &&
	    !slice_is(src, p->src)) {
		memcpy(p->src, src.p, src.n);
		p->src[src.n] = '\0';
		p->captures++;
	}
	if (++p->records % 1024 != 0)
		return;
	if (p->total > 0)
		cli_progress_of(p->captures, (uint64_t)p->total,
		    "%" PRIu64 " rows, %" PRIu64 " of %" PRId64 " captures",
		    rows, p->captures, p->total);
	else
		cli_progress_of(rows, 0,
		    "%" PRIu64 " captures, %" PRIu64 " rows", p->captures,
		    rows);
}

static void load(struct load *l)
{
	struct record rec;
	enum stage_result r;
	struct progress progress = {
	    .wanted = cli_progress_wanted(l->options.progress)};

	while ((r = stage_next(&l->stage, &rec, patience(l))) != STAGE_DONE) {
		if (r == STAGE_RECORD)
			take(l, &rec);
		if (r == STAGE_RECORD && progress.wanted)
			show_progress(&progress, l, &rec);
		if (r == STAGE_TIMEOUT ||
		    l->batch.rows >= l->options.batch_rows ||
		    batch_size(&l->batch) >= BATCH_BYTES)
			flush(l);
	}
	cli_progress_end();
}

/* Write what is left and settle the status. */
static int finish(struct load *l)
{
	bool good = !l->stage.stopped && !l->stage.in.err;

	if (!l->run.open)
		end_loose(l, good);
	if (l->stage.in.err)
		cli_warn("stdin: %s", strerror(l->stage.in.err));
	else if (l->stage.stopped && !l->stage.in_run)
		cli_warn("interrupted: the rows that came are kept");
	else if (l->stage.records == 0 && good)
		cli_warn("stdin: empty: no record came, "
			 "what should have written it has failed");
	if (l->stage.stopped || l->stage.records == 0)
		l->status = worse(l->status, EX_DATAERR);
	return worse(l->status, stage_finish(&l->stage));
}

static void put_counts(const char *what, const struct counts *n)
{
	cli_warn("%s%" PRIu64 " rows: %" PRIu64 " inserted, %" PRIu64
		 " updated, %" PRIu64 " unchanged, %" PRIu64 " removed",
	    what, n->rows, n->inserted, n->updated, n->unchanged, n->removed);
}

/* A dry run is summed up by table; else it is said at the end if asked. */
static void summarize(const struct load *l)
{
	char name[128];

	for (size_t i = 0; i < l->by_table_count; i++) {
		if (l->by_table[i].rows == 0)
			continue;
		snprintf(
		    name, sizeof(name), "%.120s: ", l->tables.list[i]->name.p);
		put_counts(name, &l->by_table[i]);
	}
	if (cli_progress_wanted(l->options.progress))
		put_counts("", &l->total);
}

static void read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"db", required_argument, NULL, 'd'},
	    {"digest", no_argument, NULL, 'g'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"user", required_argument, NULL, 'u'},
	    {"batch-rows", required_argument, NULL, 'r'},
	    {"batch-time", required_argument, NULL, 't'},
	    {"lock-wait", required_argument, NULL, 'w'},
	    {"max-line", required_argument, NULL, 'm'},
	    {"progress", no_argument, NULL, 'p'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "+nhV", longs, NULL)) != -1)
		switch (c) {
		case 'd': o->db = optarg; break;
		case 'g': o->digest = true; break;
		case 'n': o->dry = true; break;
		case 'u': o->user = optarg; break;
		case 'r':
			o->batch_rows = (uint64_t)cli_number(
			    "--batch-rows", optarg, 1, 100000000);
			break;
		case 't':
			o->batch_ms = cli_duration("--batch-time", optarg);
			break;
		case 'w': database_lock_wait(optarg); break;
		case 'm': o->max_line = cli_size("--max-line", optarg); break;
		case 'p': o->progress = true; break;
		case 'h': cli_usage(usage, true);
		case 'V': cli_version();
		default: cli_usage(usage, false);
		}
	if (optind < argc || (o->digest && o->dry))
		cli_usage(usage, false);
}

/* Print a digest of each table, of one state of the database. */
static int print_digest(const struct options *o)
{
	sqlite3 *db = database_open(o->db, STORE_READ);
	struct tables tables = {.db = db};
	struct buf query = BUF_INIT((size_t)1 << 20);
	sqlite3_stmt *list = NULL;

	if (store_exec(db, "begin") || digest_all(db, &tables, &query) ||
	    sqlite3_prepare_v2(db, buf_cstr(&query), -1, &list, NULL))
		database_die(db, "read the tables");
	if (listing_print(list, "digest", table_for_people()) != SQLITE_DONE)
		database_die(db, "list the digests");
	sqlite3_finalize(list);
	tables_release(&tables);
	store_close(db);
	buf_release(&query);
	return cli_close_stdout(0);
}

/* Set up all that the options ask for; what fails here ends the program. */
static void open_all(struct load *l, struct buf *path)
{
	l->path = cli_database(l->options.db, path);
	l->db = database_open(
	    l->path, l->options.dry ? STORE_READ_OR_EMPTY : STORE_WRITE);
	l->tables.db = l->db;
	loader_init(&l->loader, l->db, l->options.dry);
	l->loader.on_change = on_change;
	l->loader.on_forbidden = on_forbidden;
	l->loader.ctx = l;
	lists_init(&l->lists, &l->loader, &l->tables);
	batch_init(&l->batch);
	batch_init(&l->held);
	settling_init(&l->settling);
	if (!out_init(&l->out, STDOUT_FILENO, OUT_BUFFER))
		cli_die(EX_OSERR, "out of memory");
	stage_init(&l->stage, "sp-load", RECORD_ROW, STDIN_FILENO, NULL,
	    l->options.max_line);
	l->stage.in.stop = &cli_stop;
	l->stage.on_refusal = on_refusal;
	l->stage.on_cut = on_cut;
	l->stage.ctx = l;
}

static void close_all(struct load *l)
{
	stage_release(&l->stage);
	lists_release(&l->lists);
	loader_release(&l->loader);
	tables_release(&l->tables);
	batch_release(&l->batch);
	batch_release(&l->held);
	settling_release(&l->settling);
	out_release(&l->out);
	free(l->by_table);
	buf_release(&l->run.job);
	buf_release(&l->run.gaps);
	buf_release(&l->line);
	buf_release(&l->why);
	store_close(l->db);
}

int main(int argc, char **argv)
{
	static struct load l = {.options = {.batch_rows = 200000,
				    .batch_ms = 1000,
				    .max_line = LINES_MAX_DEFAULT},
	    .run = {.job = BUF_INIT(1 << 20), .gaps = BUF_INIT(1 << 20)},
	    .line = BUF_INIT((size_t)1 << 30),
	    .why = BUF_INIT(1 << 20)};
	struct buf path = BUF_INIT(1 << 16);
	int status;

	cli_init("sp-load");
	read_options(argc, argv, &l.options);
	if (l.options.digest)
		return print_digest(&l.options);
	cli_catch_signals();
	open_all(&l, &path);
	load(&l);
	status = finish(&l);
	summarize(&l);
	close_all(&l);
	buf_release(&path);
	cli_exit(status);
}
