/*
 * What becomes of each line of stdin: a row goes into a batch, an error into
 * the batch's errors, and a run or its end into the run log.
 */
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "cli.h"
#include "db/db.h"
#include "load.h"

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

void load_handle_record(struct load *l, const struct record *rec)
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

void load_open_stdin(struct load *l)
{
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
