/*
 * sp-load, the last stage: merges rows into the tables of the database, and
 * keeps the log of the runs that brought them. The way of a line of stdin:
 *
 *	use_line	a row as sp-transform writes it: row_record_split finds
 *			its parts, and batch_add reads it and copies it into the
 *			next batch, unless it has an equal one
 *	load		pipe_next reads any other line as a record, for
 *			handle_record
 *	handle_row	row_record_read reads it as a row record, find_table
 *			finds its table, and batch_add copies it into a batch:
 *			the next one, or the deferred one of the run
 *	load_flush	once the batch is full or old, a transaction:
 *			apply_batch merges each row with the stored one, and
 *			writes it if it differs; then the refusals
 *	handle_run	a run is logged as failed, until its end is known
 *	load_end_run	its end record: one transaction for the rest of the
 *			batch, the deferred rows, and the run's end
 *	load_match	once all input is read: match_pending matches streams
 *			with plays where unmatched_change noted a change
 *
 * Cursors and deletes from the queue are deferred: they are committed together
 * with the end of a complete run, never before. A dry run prints
 * the changes instead of making them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "cli.h"
#include "database.h"
#include "db/db.h"
#include "load.h"
#include "options.h"
#include "progress.h"
#include "terminal.h"

#define LOAD_BATCH_BYTES ((size_t)64 << 20)
#define OUT_BUFFER ((size_t)64 << 10)

static void on_truncated(void *ctx, const char *run)
{
	struct load *l = ctx;

	if (!l->pipe.stopped)
		cli_truncated(ctx, run);
	else if (run)
		cli_warn("run %s: interrupted: its rows are kept, "
			 "its cursor is not moved",
		    run);
	/* A run whose record was refused was never opened here. */
	if (l->run.open)
		load_abort_run(
		    l, l->pipe.stopped ? "interrupted" : CLI_TRUNCATED);
}

/* For pipe.is_known. */
static bool is_known(
    void *ctx, const struct record *rec, const struct refusal *r)
{
	(void)rec;
	return load_is_known(ctx, r->src, r->place, slice_of(r->reason));
}

/* Count an error, and add it to the batch. */
static void add_error(
    struct load *l, const struct dead_letter *error, bool known)
{
	l->run.counts.refused++;
	l->run.counts.known += known;
	if (!l->options.dry)
		batch_add_error(&l->batch, error);
}

static void on_refusal(void *ctx, const struct refusal *r)
{
	struct load *l = ctx;
	char now[CLOCK_TEXT];
	struct dead_letter error = load_error(l, now);

	error.src = r->src;
	error.place = r->src.p ? r->place : slice_of(r->where);
	error.reason = slice_of(r->reason);
	error.record = r->record;
	cli_refusal(NULL, r);
	add_error(l, &error, r->known);
	receipt_refuse(&l->receipt, r->src, (struct slice){NULL, 0}, 0);
}

/* A record that an earlier stage refused. */
static void handle_error(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(rec->line.n + 1);
	char now[CLOCK_TEXT];
	struct dead_letter e = load_error(l, now);
	struct slice run, where;
	const struct {
		const char *name;
		struct slice *to;
	} texts[] = {{"run", &run}, {"stage", &e.stage}, {"src", &e.src},
	    {"where", &where}, {"place", &e.place}, {"reason", &e.reason},
	    {"record", &e.record}};
	int64_t rows = 0;
	bool known;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (!record_string(rec, texts[i].name, &text, texts[i].to))
			*texts[i].to = record_raw(rec, texts[i].name);
	if (run.p)
		e.run = run;
	if (!e.src.p)
		e.place = where;
	if (!e.stage.p)
		e.stage = SLICE("unknown");
	if (!e.reason.p)
		e.reason = SLICE("no reason was given");
	pipe_use(&l->pipe, rec);
	record_int(rec, "rows", &rows);
	receipt_refuse(
	    &l->receipt, e.src, where, rows > 0 ? (uint64_t)rows : 0);
	known = load_is_known(l, e.src, e.place, e.reason);
	if (!known)
		l->status = load_worse_status(l->status, EX_REFUSED);
	add_error(l, &e, known);
	buf_release(&text);
}

static void handle_run(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(rec->line.n + 1);
	struct run_record run;
	const char *reason;

	load_end_rows(l, true);
	if (!runs_parse(rec, &text, &run, &reason)) {
		pipe_refuse(&l->pipe, rec, "bad run", "%s", reason);
		buf_release(&text);
		return;
	}
	pipe_use(&l->pipe, rec);
	memcpy(l->run.id, l->pipe.run, sizeof(l->run.id));
	buf_put_slice(&l->run.job, run.job);
	buf_put_slice(&l->run.replay_of, run.replay_of);
	buf_put_slice(&l->run.uncommitted, record_raw(rec, "uncommitted"));
	l->run.open = true;
	l->run.planned = run.account.p || run.replay_of.p;
	if (!l->options.dry &&
	    (db_begin(l->db) || runs_open(l->db, &run) || db_commit(l->db)))
		load_die(l);
	buf_release(&text);
}

/* Why a row cannot go to a table, around the table's name; false if it can. */
static bool find_problem(const struct table *t, const struct row_record *row,
    const char **before, const char **after)
{
	*before = "table '";
	*after = "'";
	if (t->kind == TABLE_UNKNOWN)
		*before = "no such table '";
	else if (t->kind == TABLE_NOT_LOADED)
		*after = "' cannot be loaded";
	else if (row->list_op && t->kind != TABLE_LIST)
		*after = "' does not accept op page or check";
	else if (!row->list_op && !row->removes && t->kind == TABLE_LIST)
		*after = "' accepts only op page or check";
	else if (row->removes && t->kind != TABLE_QUEUE)
		*before = "rows cannot be deleted from table '";
	else
		return false;
	return true;
}

/* The table of a row; NULL if the row was refused. */
static struct table *find_table(struct load *l, const struct record *rec,
    struct slice name, const struct row_record *row)
{
	struct table *t = tables_find(&l->tables, name);
	const char *before, *after;

	if (!t)
		load_die(l);
	if (!find_problem(t, row, &before, &after))
		return t;
	pipe_refuse(&l->pipe, rec, "bad table", "%s%.*s%s", before,
	    (int)(name.n < 64 ? name.n : 64), name.p, after);
	return NULL;
}

/* A capture is replayed: its errors are deleted if it loads. */
static void handle_resolution(
    struct load *l, const struct record *rec, const struct row_record *row)
{
	const char *error =
	    resolutions_add(&l->resolutions, l->db, row->object);

	if (l->resolutions.latest < 0)
		load_die(l);
	if (error)
		pipe_refuse(&l->pipe, rec, "bad row", "%s", error);
	else
		pipe_use(&l->pipe, rec);
}

/* Report columns that were left out of a row, a reason a line in l->why. */
static void refuse_columns(
    struct load *l, const struct record *rec, struct slice place)
{
	struct slice reasons = buf_slice(&l->why);

	while (reasons.n > 0) {
		struct slice reason = slice_cut(&reasons, '\n');

		pipe_report_part(&l->pipe, rec, place, "bad column", "%.*s",
		    (int)reason.n, reason.p);
	}
}

/* Refuse a row, for all the reasons in l->why together. */
static void refuse_row(
    struct load *l, const struct record *rec, struct slice place)
{
	struct slice reasons = buf_slice(&l->why);

	buf_clear(&l->line);
	while (reasons.n > 0) {
		buf_puts(&l->line, l->line.n ? "; " : "");
		buf_put_slice(&l->line, slice_cut(&reasons, '\n'));
	}
	ledger_refuse(&l->pipe.ledger, rec->type, "bad row", 1);
	pipe_report_part(
	    &l->pipe, rec, place, "bad row", "%s", buf_message(&l->line));
}

/* Add a row to the batch, or to the one that is deferred to the run's end. */
static void add_row(struct load *l, const struct record *rec, struct table *t,
    const struct row_record *row)
{
	bool defer = t->deferred || row->removes;
	struct batch *b = defer ? &l->deferred : &l->batch;

	buf_clear(&l->why);
	if (defer && load_is_uncommitted(&l->run, row->src)) {
		pipe_use(&l->pipe, rec);
		l->run.counts.unchanged++;
	} else if (defer && batch_size(b) > LOAD_BATCH_BYTES) {
		buf_puts(&l->why,
		    "too many rows are deferred until the end of the run\n");
		refuse_row(l, rec, batch_place(b));
	} else if (batch_add(b, t, row, &l->why)) {
		pipe_use(&l->pipe, rec);
		if (t->kind == TABLE_BY_COLUMN)
			receipt_add(&l->receipt, t, batch_added(b), row->src);
		refuse_columns(l, rec, batch_place(b));
	} else {
		refuse_row(l, rec, batch_place(b));
	}
}

static void handle_row(struct load *l, const struct record *rec)
{
	struct row_record row = {.user = slice_of(l->options.user)};
	struct slice name = {NULL, 0};
	const char *error;
	struct table *t;
	char now[CLOCK_TEXT];

	l->run.counts.rows++;
	error = row_record_read(rec, &l->line, &name, &row);
	if (error) {
		pipe_refuse(&l->pipe, rec, "bad row", "%s", error);
		return;
	}
	if (row.removes && slice_is(name, "ingest_errors")) {
		handle_resolution(l, rec, &row);
		return;
	}
	t = find_table(l, rec, name, &row);
	if (!t)
		return;
	if (!row.at.p)
		row.at = load_now(now);
	add_row(l, rec, t, &row);
}

/*
 * For pipe.use_line: add a row without reading it as a record first, if there
 * is nothing to say about it. Most rows are such, and many are equal to one
 * that was read before.
 */
static bool use_line(void *ctx, struct slice line)
{
	struct load *l = ctx;
	struct row_record row = {.user = slice_of(l->options.user)};
	struct slice name;
	struct table *t;

	if (!row_record_split(&l->ending, line, &name, &row))
		return false;
	t = tables_find(&l->tables, name);
	buf_clear(&l->why);
	if (!t || t->kind < TABLE_BY_COLUMN || t->kind == TABLE_LIST ||
	    t->deferred || !batch_add(&l->batch, t, &row, &l->why))
		return false;
	l->run.counts.rows++;
	if (t->kind == TABLE_BY_COLUMN)
		receipt_add(&l->receipt, t, batch_added(&l->batch), row.src);
	return true;
}

static void handle_record(struct load *l, const struct record *rec)
{
	switch (rec->type) {
	case RECORD_ROW: handle_row(l, rec); break;
	case RECORD_ERROR: handle_error(l, rec); break;
	case RECORD_RUN: handle_run(l, rec); break;
	case RECORD_END: load_end_run(l, rec); break;
	case RECORD_CAPTURE:
		pipe_refuse(&l->pipe, rec, "not a row",
		    "a capture is not a row: pipe it through sp-transform");
		break;
	case RECORD_REQUEST:
		pipe_refuse(&l->pipe, rec, "not a row",
		    "a request is not a row: "
		    "pipe it through sp-fetch and sp-transform");
		break;
	default:
		pipe_refuse(
		    &l->pipe, rec, "unknown type", "unknown record type");
	}
}

/*
 * How long the batch may wait for the next record, ms; -1 for ever. The clock
 * is read once for each read of input: between its records no time passes.
 */
static int batch_time_left(struct load *l)
{
	int64_t now, left;

	if (batch_is_empty(&l->batch))
		return -1;
	if (l->batch_since && l->clock_read_at == l->pipe.in.bytes)
		return l->batch_left;
	now = clock_monotonic();
	if (!l->batch_since)
		l->batch_since = now;
	left = l->batch_since + l->options.batch_ms - now;
	left = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : left;
	l->clock_read_at = l->pipe.in.bytes;
	return l->batch_left = (int)left;
}

static void load(struct load *l)
{
	struct load_progress progress = {.load = l};
	struct record rec;
	enum pipe_result r;

	load_begin_progress(&progress);
	while (
	    (r = pipe_next(&l->pipe, &rec, batch_time_left(l))) != PIPE_DONE) {
		if (r == PIPE_RECORD)
			handle_record(l, &rec);
		if (r != PIPE_TIMEOUT)
			load_show_progress(
			    &progress, r == PIPE_USED ? NULL : &rec);
		if (r == PIPE_TIMEOUT ||
		    l->batch.rows >= l->options.batch_rows ||
		    batch_size(&l->batch) >= LOAD_BATCH_BYTES)
			load_flush(l);
	}
	progress_end();
}

/* Write the remaining rows; the exit status. */
static int finish(struct load *l)
{
	bool good = !l->pipe.stopped && !l->pipe.in.err;

	if (!l->run.open)
		load_end_rows(l, good);
	if (l->pipe.in.err)
		cli_warn("stdin: cannot read: %s", strerror(l->pipe.in.err));
	else if (l->pipe.stopped && !l->pipe.in_run)
		cli_warn("interrupted: the rows received are kept");
	else if (l->pipe.records == 0 && good)
		cli_warn("stdin: no records: nothing was loaded");
	if (l->pipe.stopped || l->pipe.records == 0)
		l->status = load_worse_status(l->status, EX_DATAERR);
	return load_worse_status(l->status, pipe_finish(&l->pipe));
}

static const struct cli_option options[] = {
    {'n', "dry-run", NULL, "print the changes, and write nothing"},
    CLI_OPTION_DB,
    {'g', "digest", NULL, "print a digest of each table, to compare databases"},
    {'a', "rematch", NULL, "match all streams of exports with plays again"},
    {'u', "user", "ID", "the user of rows that do not name one"},
    {'r', "batch-rows", "N", "write after N rows (default: 200000)"},
    {'t', "batch-time", "D", "write after D at the latest (default: 1s)"},
    CLI_OPTION_LOCK_WAIT,
    CLI_OPTION_MAX_LINE,
    CLI_OPTION_PROGRESS,
    {'q', "quiet", NULL, "print no summary, even on a terminal"},
    CLI_OPTION_TABLE,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END,
};

static void set_option(void *load_options, int code, const char *arg)
{
	struct load_options *o = load_options;

	switch (code) {
	case 'd': o->db = arg; break;
	case 'g': o->digest = true; break;
	case 'a': o->rematch = true; break;
	case 'n': o->dry = true; break;
	case 'u': o->user = arg; break;
	case 'r':
		o->batch_rows =
		    (uint64_t)cli_number("--batch-rows", arg, 1, 100000000);
		break;
	case 't': o->batch_ms = cli_duration("--batch-time", arg); break;
	case 'w': database_lock_wait(arg); break;
	case 'm': o->max_line = cli_size("--max-line", arg); break;
	case 'p': o->progress = true; break;
	case 'q': o->quiet = true; break;
	case 'B': o->form = LISTING_TABLE; break;
	case 'j': o->form = LISTING_JSON; break;
	}
}

static const struct cli_command forms[] = {
    {.options = "ndurtwmpq", .operands = ""},
    {.options = "g!dBj", .operands = ""},
    {.options = "a!dw", .operands = ""},
    {.options = NULL},
};

static const struct cli_program program = {
    .name = "sp-load",
    .purpose = "load rows into the tables of the database",
    .options = options,
    .letters = "nq",
    .commands = forms,
    .examples =
	"sp-queue next all | sp-fetch | sp-stage | sp-transform | sp-load\n"
	"sp-stage replay | sp-transform | sp-load --dry-run\n"
	"sp-load --digest\n",
    .set = set_option,
};

/* Open the database and stdin, or exit with a message. */
static void open_all(struct load *l, struct buf *path)
{
	l->path = cli_database(l->options.db, path);
	l->db = database_open(
	    l->path, l->options.dry ? DB_READ_OR_EMPTY : DB_WRITE);
	l->tables.db = l->db;
	applier_init(&l->applier, l->db, l->options.dry);
	l->applier.on_change = load_on_change;
	l->applier.on_forbidden = load_on_forbidden;
	l->applier.ctx = l;
	tracklists_init(&l->lists, &l->applier, &l->tables);
	if (!l->options.dry)
		unmatched_init(&l->unmatched, l->db);
	batch_init(&l->batch);
	batch_init(&l->deferred);
	resolutions_init(&l->resolutions);
	receipt_init(&l->receipt);
	out_init(&l->out, STDOUT_FILENO, OUT_BUFFER);
	terminal_share(&l->out);
	pipe_init(&l->pipe, "sp-load", RECORD_ROW, STDIN_FILENO, NULL,
	    l->options.max_line);
	l->pipe.in.stop = &cli_stop;
	l->pipe.use_line = use_line;
	l->pipe.on_refusal = on_refusal;
	l->pipe.is_known = is_known;
	l->pipe.on_truncated = on_truncated;
	l->pipe.on_repaired = cli_refusal;
	l->pipe.ctx = l;
}

static void close_all(struct load *l)
{
	pipe_release(&l->pipe);
	batch_release(&l->batch);
	batch_release(&l->deferred);
	resolutions_release(&l->resolutions);
	receipt_release(&l->receipt);
	out_release(&l->out);
	free(l->by_table);
	buf_release(&l->run.job);
	buf_release(&l->run.replay_of);
	buf_release(&l->run.uncommitted);
	buf_release(&l->run.gaps);
	buf_release(&l->ending.text);
	buf_release(&l->line);
	buf_release(&l->why);
	load_close(l);
}

int main(int argc, char **argv)
{
	static struct load l = {.options = {.batch_rows = 200000,
				    .batch_ms = 1000,
				    .max_line = LINES_MAX_DEFAULT},
	    .run = {.job = BUF_INIT(1 << 20),
		.replay_of = BUF_INIT(1 << 20),
		.uncommitted = BUF_INIT(SIZE_MAX / 2),
		.gaps = BUF_INIT(1 << 20)},
	    .ending = {.text = BUF_INIT((size_t)1 << 30)},
	    .line = BUF_INIT((size_t)1 << 30),
	    .why = BUF_INIT(1 << 20)};
	struct buf path = BUF_INIT(1 << 16);
	char **operands;
	int status;

	cli_init(program.name);
	cli_parse(&program, argc, argv, &l.options, &operands);
	if (l.options.digest)
		return load_print_digest(&l.options);
	if (l.options.rematch)
		cli_exit(load_rematch(&l.options));
	cli_catch_signals();
	open_all(&l, &path);
	cli_announce_stdin("rows");
	load(&l);
	status = finish(&l);
	/* Matching may need the memory. */
	batch_release(&l.batch);
	batch_release(&l.deferred);
	load_match(&l);
	load_print_receipts(&l);
	load_summarize(&l);
	close_all(&l);
	buf_release(&path);
	cli_exit(status);
}
