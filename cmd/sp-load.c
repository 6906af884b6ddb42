/*
 * sp-load: the last stage. Merges rows into the tables of the database, and
 * keeps the books of the runs that brought them. Nothing is sent on: with -n
 * the changes that would be made are printed instead of made.
 *
 * Rows are gathered in memory and written in transactions that are open only
 * while they are written. What moves a job on, its cursor and what leaves
 * the queue, waits for the run's good end and is committed together with it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "cli.h"
#include "database.h"
#include "db/db.h"
#include "load.h"
#include "merge/row_record.h"

#define LOAD_BATCH_BYTES ((size_t)64 << 20)
#define OUT_BUFFER ((size_t)64 << 10)

static const char usage[] =
    "usage: sp-load [-n] [--db FILE] [--user ID] [--batch-rows N]\n"
    "               [--batch-time D] [--lock-wait D] [--max-line SIZE]\n"
    "               [--progress]\n"
    "       sp-load --digest [--db FILE]\n";

static void on_truncated(void *ctx, const char *run)
{
	struct load *l = ctx;

	if (!l->stage.stopped)
		cli_truncated(ctx, run);
	else if (run)
		cli_warn("run %s: interrupted: its rows are kept, "
			 "its cursor is not moved",
		    run);
	/* A run whose record was refused was never opened here. */
	if (l->run.open)
		load_abort_run(
		    l, l->stage.stopped ? "interrupted" : CLI_TRUNCATED);
}

/* For stage.is_known. */
static bool is_known(
    void *ctx, const struct record *rec, const struct refusal *r)
{
	(void)rec;
	return load_is_known(ctx, r->src, r->place, slice_of(r->reason));
}

static void on_refusal(void *ctx, const struct refusal *r)
{
	struct load *l = ctx;
	char now[CLOCK_TEXT];
	struct dead_letter error = {
	    .run = slice_of(l->run.open ? l->run.id : NULL),
	    .stage = SLICE("sp-load"),
	    .src = r->src,
	    .place = r->src.p ? r->place : slice_of(r->where),
	    .reason = slice_of(r->reason),
	    .record = r->record,
	    .seen_at = load_now(now)};

	cli_refusal(NULL, r);
	l->run.counts.refused++;
	l->run.counts.known += r->known;
	if (!l->options.dry)
		batch_add_error(&l->batch, &error);
}

/* A record that an earlier stage refused. */
static void handle_error(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(rec->line.n + 1);
	struct dead_letter r = {.stage = {NULL, 0}};
	struct slice where;
	char now[CLOCK_TEXT];
	const struct {
		const char *name;
		struct slice *to;
	} texts[] = {{"run", &r.run}, {"stage", &r.stage}, {"src", &r.src},
	    {"where", &where}, {"place", &r.place}, {"reason", &r.reason},
	    {"record", &r.record}};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (!record_string(rec, texts[i].name, &text, texts[i].to))
			*texts[i].to = record_raw(rec, texts[i].name);
	if (!r.run.p && l->run.open)
		r.run = slice_of(l->run.id);
	if (!r.src.p)
		r.place = where;
	if (!r.stage.p)
		r.stage = SLICE("unknown");
	if (!r.reason.p)
		r.reason = SLICE("no reason was given");
	r.seen_at = load_now(now);
	pipe_use(&l->stage, rec);
	l->run.counts.refused++;
	if (load_is_known(l, r.src, r.place, r.reason))
		l->run.counts.known++;
	else
		l->status = load_worse_status(l->status, EX_REFUSED);
	if (!l->options.dry)
		batch_add_error(&l->batch, &r);
	buf_release(&text);
}

static void handle_run(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(rec->line.n + 1);
	struct run_record run;
	const char *reason;

	load_end_rows(l, true);
	if (!runs_parse(rec, &text, &run, &reason)) {
		pipe_refuse(&l->stage, rec, "bad run", "%s", reason);
		buf_release(&text);
		return;
	}
	pipe_use(&l->stage, rec);
	memcpy(l->run.id, l->stage.run, sizeof(l->run.id));
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

/* The table of a row if it can go there; NULL if it was refused. */
static struct table *find_table(struct load *l, const struct record *rec,
    struct slice name, const struct row_record *a)
{
	struct table *t = tables_find(&l->tables, name);
	int shown = (int)(name.n < 64 ? name.n : 64);

	if (!t)
		load_die(l);
	if (t->kind == TABLE_UNKNOWN)
		pipe_refuse(&l->stage, rec, "bad table", "no such table '%.*s'",
		    shown, name.p);
	else if (t->kind == TABLE_NOT_LOADED)
		pipe_refuse(&l->stage, rec, "bad table",
		    "table '%.*s' cannot be loaded", shown, name.p);
	else if (a->list_op && t->kind != TABLE_LIST)
		pipe_refuse(&l->stage, rec, "bad table",
		    "table '%.*s' does not accept op page or check", shown,
		    name.p);
	else if (!a->list_op && !a->removes && t->kind == TABLE_LIST)
		pipe_refuse(&l->stage, rec, "bad table",
		    "table '%.*s' accepts only op page or check", shown,
		    name.p);
	else if (a->removes && t->kind != TABLE_QUEUE)
		pipe_refuse(&l->stage, rec, "bad table",
		    "rows cannot be deleted from table '%.*s'", shown, name.p);
	else
		return t;
	return NULL;
}

/* A capture is sent again: its errors leave if it loads. */
static void handle_resolution(
    struct load *l, const struct record *rec, const struct row_record *a)
{
	const char *error = resolutions_add(&l->resolutions, l->db, a->object);

	if (l->resolutions.latest < 0)
		load_die(l);
	if (error)
		pipe_refuse(&l->stage, rec, "bad row", "%s", error);
	else
		pipe_use(&l->stage, rec);
}

/* Columns that cannot be taken, a reason a line; their row is loaded. */
static void refuse_columns(
    struct load *l, const struct record *rec, struct slice place)
{
	struct slice reasons = buf_slice(&l->why);

	while (reasons.n > 0) {
		struct slice reason = slice_cut(&reasons, '\n');

		pipe_report_part(&l->stage, rec, place, "bad column", "%.*s",
		    (int)reason.n, reason.p);
	}
}

/* A row that cannot be loaded, for all the reasons together. */
static void refuse_row(
    struct load *l, const struct record *rec, struct slice place)
{
	struct slice reasons = buf_slice(&l->why);

	buf_clear(&l->line);
	while (reasons.n > 0) {
		buf_puts(&l->line, l->line.n ? "; " : "");
		buf_put_slice(&l->line, slice_cut(&reasons, '\n'));
	}
	pipe_refuse_at(
	    &l->stage, rec, place, "bad row", "%s", buf_message(&l->line));
}

static void handle_row(struct load *l, const struct record *rec)
{
	struct row_record a = {.user = slice_of(l->options.user)};
	struct slice name = {NULL, 0};
	const char *error;
	struct table *t;
	struct batch *b;
	char now[CLOCK_TEXT];

	l->run.counts.rows++;
	error = row_record_read(rec, &l->line, &name, &a);
	if (error) {
		pipe_refuse(&l->stage, rec, "bad row", "%s", error);
		return;
	}
	if (a.removes && slice_is(name, "ingest_errors")) {
		handle_resolution(l, rec, &a);
		return;
	}
	t = find_table(l, rec, name, &a);
	if (!t)
		return;
	if ((t->deferred || a.removes) && load_is_uncommitted(&l->run, a.src)) {
		pipe_use(&l->stage, rec);
		l->run.counts.unchanged++;
		return;
	}
	if (!a.at.p)
		a.at = load_now(now);
	b = t->deferred || a.removes ? &l->deferred : &l->batch;
	buf_clear(&l->why);
	if (b == &l->deferred && batch_size(b) > LOAD_BATCH_BYTES)
		buf_puts(&l->why,
		    "too many rows are held until the end of the run\n");
	else if (batch_add(b, t, &a, &l->why)) {
		pipe_use(&l->stage, rec);
		refuse_columns(l, rec, batch_place(b));
		return;
	}
	refuse_row(l, rec, batch_place(b));
}

static void handle_record(struct load *l, const struct record *rec)
{
	switch (rec->type) {
	case RECORD_ROW: handle_row(l, rec); break;
	case RECORD_ERROR: handle_error(l, rec); break;
	case RECORD_RUN: handle_run(l, rec); break;
	case RECORD_END: load_end_run(l, rec); break;
	case RECORD_CAPTURE:
		pipe_refuse(&l->stage, rec, "not a row",
		    "a capture is not a row: pipe it through sp-transform");
		break;
	case RECORD_REQUEST:
		pipe_refuse(&l->stage, rec, "not a row",
		    "a request is not a row: pipe it through sp-fetch and "
		    "sp-transform");
		break;
	default:
		pipe_refuse(
		    &l->stage, rec, "unknown type", "unknown record type");
	}
}

/*
 * How long the next record may keep the batch waiting; -1 for ever. The clock
 * is read once a read of input: between two records of one, no time passes.
 */
static int batch_time_left(struct load *l)
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

static void load(struct load *l)
{
	struct record rec;
	enum pipe_result r;
	struct load_progress progress = {
	    .enabled = cli_progress_wanted(l->options.progress)};

	while (
	    (r = pipe_next(&l->stage, &rec, batch_time_left(l))) != PIPE_DONE) {
		if (r == PIPE_RECORD)
			handle_record(l, &rec);
		if (r == PIPE_RECORD && progress.enabled)
			load_show_progress(&progress, l, &rec);
		if (r == PIPE_TIMEOUT ||
		    l->batch.rows >= l->options.batch_rows ||
		    batch_size(&l->batch) >= LOAD_BATCH_BYTES)
			load_flush(l);
	}
	cli_progress_end();
}

/* Write the remaining rows and compute the exit status. */
static int finish(struct load *l)
{
	bool good = !l->stage.stopped && !l->stage.in.err;

	if (!l->run.open)
		load_end_rows(l, good);
	if (l->stage.in.err)
		cli_warn("stdin: cannot read: %s", strerror(l->stage.in.err));
	else if (l->stage.stopped && !l->stage.in_run)
		cli_warn("interrupted: the rows received are kept");
	else if (l->stage.records == 0 && good)
		cli_warn("stdin: no records: an earlier program in the "
			 "pipeline failed");
	if (l->stage.stopped || l->stage.records == 0)
		l->status = load_worse_status(l->status, EX_DATAERR);
	return load_worse_status(l->status, pipe_finish(&l->stage));
}

static const struct option longs[] = {{"db", required_argument, NULL, 'd'},
    {"digest", no_argument, NULL, 'g'}, {"dry-run", no_argument, NULL, 'n'},
    {"user", required_argument, NULL, 'u'},
    {"batch-rows", required_argument, NULL, 'r'},
    {"batch-time", required_argument, NULL, 't'},
    {"lock-wait", required_argument, NULL, 'w'},
    {"max-line", required_argument, NULL, 'm'},
    {"progress", no_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};

static void set_option(void *ctx, int which, const char *arg)
{
	struct load_options *o = ctx;

	switch (which) {
	case 'd': o->db = arg; break;
	case 'g': o->digest = true; break;
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
	case 'h': cli_usage(usage, true);
	case 'V': cli_version();
	default: cli_usage(usage, false);
	}
}

static void read_options(int argc, char **argv, struct load_options *o)
{
	struct cli_given given = {.code = {false}};

	if (*cli_options(argc, argv, "nhV", longs, set_option, o, &given))
		cli_usage(usage, false);
	if (o->digest)
		cli_check_given(&given, longs, "--digest", "dg");
}

/* Set up all that the options ask for; what fails here ends the program. */
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
	batch_init(&l->batch);
	batch_init(&l->deferred);
	resolutions_init(&l->resolutions);
	out_init(&l->out, STDOUT_FILENO, OUT_BUFFER);
	pipe_init(&l->stage, "sp-load", RECORD_ROW, STDIN_FILENO, NULL,
	    l->options.max_line);
	l->stage.in.stop = &cli_stop;
	l->stage.on_refusal = on_refusal;
	l->stage.is_known = is_known;
	l->stage.on_truncated = on_truncated;
	l->stage.on_repaired = cli_refusal;
	l->stage.ctx = l;
}

static void close_all(struct load *l)
{
	pipe_release(&l->stage);
	batch_release(&l->batch);
	batch_release(&l->deferred);
	resolutions_release(&l->resolutions);
	out_release(&l->out);
	free(l->by_table);
	buf_release(&l->run.job);
	buf_release(&l->run.replay_of);
	buf_release(&l->run.uncommitted);
	buf_release(&l->run.gaps);
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
	    .line = BUF_INIT((size_t)1 << 30),
	    .why = BUF_INIT(1 << 20)};
	struct buf path = BUF_INIT(1 << 16);
	int status;

	cli_init("sp-load");
	read_options(argc, argv, &l.options);
	if (l.options.digest)
		return load_print_digest(&l.options);
	cli_catch_signals();
	open_all(&l, &path);
	load(&l);
	status = finish(&l);
	load_summarize(&l);
	close_all(&l);
	buf_release(&path);
	cli_exit(status);
}
