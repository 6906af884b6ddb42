/*
 * What sp-load writes: batches of rows, and the ends of runs. What moves a
 * job on is committed together with its run's good end, never before.
 */
#include "load.h"

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "db/db.h"
#include "db/failure.h"

void load_close(struct load *l)
{
	tracklists_release(&l->lists);
	applier_release(&l->applier);
	tables_release(&l->tables);
	db_close(l->db);
}

/* The database failed: nothing of the batch is written, and no more can be. */
_Noreturn void load_die(struct load *l)
{
	int status;

	buf_clear(&l->why);
	status = db_failure(l->db, l->path, &l->why);
	db_rollback(l->db);
	load_close(l);
	cli_die(status, "%s", buf_message(&l->why));
}

static void begin(struct load *l)
{
	if (l->options.dry ? db_exec(l->db, "begin") : db_begin(l->db))
		load_die(l);
}

static void commit(struct load *l)
{
	if (db_commit(l->db))
		load_die(l);
	if (l->options.dry && !out_flush(&l->out))
		cli_die(
		    EX_IOERR, "stdout: cannot write: %s", strerror(l->out.err));
}

/* Write the rows and refusals that have come, inside a transaction. */
static void write_batch(struct load *l, struct batch *b)
{
	int rc = apply_batch(&l->applier, b);

	if (rc == SQLITE_OK)
		rc = tracklists_apply(&l->lists, b);
	if (rc != SQLITE_OK)
		load_die(l);
	for (const struct pending_error *n = b->errors; n; n = n->next)
		load_write_error(l, &n->error);
}

void load_flush(struct load *l)
{
	l->batch_since = 0;
	if (batch_is_empty(&l->batch))
		return;
	begin(l);
	write_batch(l, &l->batch);
	commit(l);
	batch_clear(&l->batch);
}

/*
 * Say which lists of tracks are not complete, inside a transaction. What the
 * captures of a run lack that was cut may still come, or was said of it.
 */
static void end_lists(struct load *l)
{
	if (l->run.replay_of.n == 0 && tracklists_report_incomplete(&l->lists,
					   load_on_incomplete, l) != SQLITE_OK)
		load_die(l);
}

/* Delete the errors of captures that were loaded, inside a transaction. */
static void resolve_errors(struct load *l)
{
	uint64_t left = 0;

	if (l->options.dry)
		return;
	if (resolutions_apply(&l->resolutions, l->db, &left) ||
	    resolutions_apply_lists(l->db))
		load_die(l);
	l->run.counts.removed += left;
}

/* Write the rows outside any run; their end needs no end record. */
void load_end_rows(struct load *l, bool good)
{
	if (good && (l->deferred.count > 0 || l->batch.list_records ||
			l->lists.incomplete || l->resolutions.captures.n > 0)) {
		begin(l);
		write_batch(l, &l->batch);
		write_batch(l, &l->deferred);
		end_lists(l);
		resolve_errors(l);
		load_report_gaps(l);
		commit(l);
		batch_clear(&l->batch);
		l->batch_since = 0;
	} else {
		load_flush(l);
	}
	batch_clear(&l->deferred);
	load_reset_run(l);
}

/* The open run has no end record: its rows are kept, and it failed. */
void load_abort_run(struct load *l, const char *reason)
{
	struct run_end end = {.status = "failed",
	    .reason = slice_of(reason),
	    .exit_status = EX_DATAERR,
	    .refused = l->run.counts.refused};

	begin(l);
	write_batch(l, &l->batch);
	load_write_end(l, &end);
	commit(l);
	batch_clear(&l->batch);
	batch_clear(&l->deferred);
	l->batch_since = 0;
	load_reset_run(l);
}

/*
 * Whether captures of the run came that are not staged here and did not pass
 * sp-stage, which may have staged them elsewhere.
 */
static bool is_unstaged(struct load *l, const struct run_end *end)
{
	int staged;

	if (l->options.dry || end->captures == 0 || end->passed_stage)
		return false;
	staged = runs_is_staged(l->db, slice_of(l->run.id), end->captures);
	if (staged < 0)
		load_die(l);
	return !staged;
}

/* Say that a rebuild will lack this run, in its reason, too. */
static void warn_unstaged(
    struct load *l, struct run_end *end, struct buf *reason)
{
	static const char unstaged[] =
	    "its captures did not pass sp-stage: its rows cannot be rebuilt";

	cli_warn("run %s: %s", l->run.id, unstaged);
	buf_put_slice(reason, end->reason);
	buf_puts(reason, reason->n ? "; " : "");
	buf_puts(reason, unstaged);
	end->reason = buf_slice(reason);
}

/* The end record has the scopes of the login, if they are known. */
static void store_scopes(struct load *l, const struct record *end)
{
	struct buf text = BUF_INIT(end->line.n + 1);
	struct slice scopes;

	if (record_string(end, "scopes", &text, &scopes) && scopes.p &&
	    !l->options.dry &&
	    runs_set_scopes(l->db, slice_of(l->run.id), scopes) != SQLITE_OK)
		load_die(l);
	buf_release(&text);
}

void load_end_run(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(2 * rec->line.n + ((size_t)1 << 12));
	struct buf ledger = BUF_INIT(rec->line.n + ((size_t)1 << 16));
	struct buf reason = BUF_INIT(text.max + ((size_t)1 << 12));
	struct run_end end;
	struct slice reported;

	begin(l);
	write_batch(l, &l->batch);
	pipe_put_ledger(&l->stage, rec, &ledger);
	run_end_decide(&end, rec, buf_slice(&ledger), &text);
	if (slice_is(slice_of(end.status), "complete"))
		write_batch(l, &l->deferred);
	end_lists(l);
	if (slice_is(slice_of(end.status), "complete")) {
		resolve_errors(l);
		load_report_gaps(l);
	}
	/* The ledger counts records; parts of them may be refused, too. */
	if (end.refused < l->run.counts.refused)
		end.refused = l->run.counts.refused;
	if ((l->run.incomplete || end.refused > l->run.counts.known) &&
	    end.exit_status == 0)
		end.exit_status = EX_REFUSED;
	reported = end.reason;
	if (is_unstaged(l, &end))
		warn_unstaged(l, &end, &reason);
	load_write_end(l, &end);
	store_scopes(l, rec);
	commit(l);
	batch_clear(&l->batch);
	batch_clear(&l->deferred);
	l->batch_since = 0;
	if (!slice_is(slice_of(end.status), "complete"))
		cli_warn("run %s: %s: %.*s", l->run.id, end.status,
		    (int)reported.n, reported.p);
	l->status = load_worse_status(l->status, end.exit_status);
	load_reset_run(l);
	pipe_end_run(&l->stage);
	buf_release(&text);
	buf_release(&ledger);
	buf_release(&reason);
}
