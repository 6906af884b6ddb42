/*
 * The transactions of sp-load: a batch of rows each, and at the end of a run
 * also what was deferred, so that a cursor moves only with its run's good end.
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ulid.h"
#include "cli.h"
#include "db/db.h"
#include "db/runs.h"
#include "local_time.h"
#include "match/match.h"

static void begin(struct load *l)
{
	if (l->options.dry ? db_exec(l->db, "begin") : db_begin(l->db))
		load_die(l);
	if (!l->options.dry && unmatched_begin(&l->unmatched) != SQLITE_OK)
		load_die(l);
}

static void commit(struct load *l)
{
	if (!l->options.dry && unmatched_end(&l->unmatched) != SQLITE_OK)
		load_die(l);
	if (db_commit(l->db))
		load_die(l);
	if (l->options.dry && !out_flush(&l->out))
		cli_die(
		    EX_IOERR, "stdout: cannot write: %s", strerror(l->out.err));
}

/* Write a batch, inside a transaction. */
static void write_batch(struct load *l, struct batch *b)
{
	int rc = apply_batch(&l->applier, b);

	if (rc == SQLITE_OK)
		rc = tracklists_apply(&l->lists, b);
	if (rc != SQLITE_OK)
		load_die(l);
	for (const struct pending_error *e = b->errors; e; e = e->next)
		load_write_error(l, &e->error);
}

static void clear_batch(struct load *l)
{
	batch_clear(&l->batch);
	l->batch_since = 0;
}

void load_flush(struct load *l)
{
	if (!batch_is_empty(&l->batch)) {
		begin(l);
		write_batch(l, &l->batch);
		commit(l);
	}
	clear_batch(l);
}

/*
 * Report incomplete lists of tracks, inside a transaction. A replay of one run
 * does not: what its lists lack may still come, or was reported.
 */
static void report_lists(struct load *l)
{
	if (l->run.replay_of.n == 0 && tracklists_report_incomplete(&l->lists,
					   load_on_incomplete, l) != SQLITE_OK)
		load_die(l);
}

/*
 * Delete the errors of captures that now load, and of requests that are sent by
 * now, inside a transaction.
 */
static void resolve_errors(struct load *l)
{
	if (l->options.dry)
		return;
	if (resolutions_apply(&l->resolutions, l->db, &l->run.counts.removed) ||
	    resolutions_apply_lists(l->db) ||
	    dead_letters_delete_unsent(l->db, slice_of(l->run.id)))
		load_die(l);
}

/* Commit the last transaction of a run, or of rows outside of runs. */
static void commit_run(struct load *l)
{
	commit(l);
	clear_batch(l);
	batch_clear(&l->deferred);
	load_reset_run(l);
}

static bool has_deferred(const struct load *l)
{
	return l->deferred.count > 0 || l->batch.list_records ||
	       l->lists.incomplete || l->resolutions.captures.n > 0;
}

void load_end_rows(struct load *l, bool good)
{
	if (!good || !has_deferred(l)) {
		load_flush(l);
		batch_clear(&l->deferred);
		load_reset_run(l);
		return;
	}
	begin(l);
	write_batch(l, &l->batch);
	write_batch(l, &l->deferred);
	report_lists(l);
	resolve_errors(l);
	load_report_gaps(l);
	commit_run(l);
}

/* Put the receipt of the run together; one that only replays is not shown. */
static void end_receipt(struct load *l)
{
	bool shown =
	    load_has_reader(l) || (slice_is(buf_slice(&l->run.job), "import") &&
				      l->run.replay_of.n == 0);

	if (receipt_end_run(&l->receipt, l->db, slice_of(l->run.id),
		!l->options.dry, shown) != SQLITE_OK)
		load_die(l);
}

void load_abort_run(struct load *l, const char *reason)
{
	struct run_end end = {.status = "failed",
	    .reason = slice_of(reason),
	    .exit_status = EX_DATAERR,
	    .refused = l->run.counts.refused};

	begin(l);
	write_batch(l, &l->batch);
	load_write_end(l, &end);
	end_receipt(l);
	commit_run(l);
}

/*
 * Whether captures of the run are not staged here, nor passed sp-stage, which
 * may have staged them elsewhere.
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

/* Warn that a rebuild will lack this run, and add that to its reason. */
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

/* The end record has the scopes and the end of the login, if they are known. */
static void store_login(struct load *l, const struct record *end)
{
	struct buf text = BUF_INIT(2 * end->line.n + 2);
	struct slice scopes, ends;

	buf_reserve(&text, text.max);
	if (!record_string(end, "scopes", &text, &scopes))
		scopes.p = NULL;
	if (!record_string(end, "login_ends", &text, &ends))
		ends.p = NULL;
	if ((scopes.p || ends.p) && !l->options.dry &&
	    runs_set_login(l->db, slice_of(l->run.id), scopes, ends) !=
		SQLITE_OK)
		load_die(l);
	buf_release(&text);
}

/* Add the refusals of sp-load itself to the run's end and exit status. */
static void add_refused(struct load *l, struct run_end *end)
{
	/* The ledger counts records; parts of them may be refused, too. */
	if (end->refused < l->run.counts.refused)
		end->refused = l->run.counts.refused;
	if ((l->run.incomplete || end->refused > l->run.counts.known) &&
	    end->exit_status == 0)
		end->exit_status = EX_REFUSED;
}

/* Say of an import that is only tried what becomes of its captures. */
static void report_dry_import(const struct load *l)
{
	if (l->options.dry && !l->run.replay_of.n &&
	    slice_is(buf_slice(&l->run.job), "import"))
		cli_warn("run %s: its captures are stored: "
			 "sp-stage replay --run sends them again, "
			 "sp-stage forget removes them",
		    l->run.id);
}

/*
 * Whether the program that met the failure has reported it: it did so just now,
 * unless the stream was saved.
 */
static bool is_known(const struct load *l, const struct run_end *end)
{
	int64_t began;

	return end->passed_on && ulid_parse(slice_of(l->run.id), &began) &&
	       llabs(clock_now() - began) < RUN_LASTS;
}

static void report_end(
    const struct load *l, const struct run_end *end, struct slice reason)
{
	struct buf text = BUF_INIT((size_t)64 << 10);

	cli_warn("run %s: %s: %s", l->run.id, end->status,
	    local_time_message(reason, clock_now(), &text));
	buf_release(&text);
}

void load_end_run(struct load *l, const struct record *rec)
{
	struct buf text = BUF_INIT(2 * rec->line.n + ((size_t)1 << 12));
	struct buf ledger = BUF_INIT(rec->line.n + ((size_t)1 << 16));
	struct buf reason = BUF_INIT(text.max + ((size_t)1 << 12));
	struct run_end end;
	struct slice reported;
	bool complete;

	begin(l);
	write_batch(l, &l->batch);
	pipe_put_ledger(&l->pipe, rec, &ledger);
	run_end_decide(&end, rec, buf_slice(&ledger), &text);
	complete = slice_is(slice_of(end.status), "complete");
	if (complete)
		write_batch(l, &l->deferred);
	report_lists(l);
	if (complete) {
		resolve_errors(l);
		load_report_gaps(l);
	}
	add_refused(l, &end);
	reported = end.reason;
	if (is_unstaged(l, &end))
		warn_unstaged(l, &end, &reason);
	load_write_end(l, &end);
	end_receipt(l);
	store_login(l, rec);
	report_dry_import(l);
	commit_run(l);
	if (!complete && !is_known(l, &end))
		report_end(l, &end, reported);
	l->status = load_worse_status(l->status, end.exit_status);
	pipe_end_run(&l->pipe);
	buf_release(&text);
	buf_release(&ledger);
	buf_release(&reason);
}

void load_match(struct load *l)
{
	if (!l->options.dry && match_pending(l->db, &cli_stop) != SQLITE_OK)
		load_die(l);
}
