/*
 * sp-load, the last stage: merges rows into the tables of the database, and
 * keeps the log of the runs that brought them. The way of a line of stdin, in
 * load_records.c, then in load_commit.c:
 *
 *	use_line	a row as sp-transform writes it: row_record_split finds
 *			its parts, and batch_add reads it and copies it into the
 *			next batch, unless it has an equal one
 *	load		pipe_next reads any other line as a record, for
 *			load_handle_record
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

#include "cli.h"
#include "database.h"
#include "db/db.h"
#include "load.h"
#include "options.h"
#include "progress.h"
#include "terminal.h"

#define OUT_BUFFER ((size_t)64 << 10)

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
			load_handle_record(l, &rec);
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
	load_open_stdin(l);
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
