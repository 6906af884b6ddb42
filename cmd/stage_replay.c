#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli.h"
#include "database.h"
#include "json/json.h"
#include "progress.h"
#include "short_id.h"
#include "stage.h"

struct buf *replay_open(struct source *s, struct out *out, const char *job,
    const struct stage_options *o)
{
	struct buf *b;

	if (!source_init(s, "sp-stage", out, o->max_line))
		cli_die(EX_OSERR, "no clock or random bytes available");
	b = source_begin(s, RECORD_RUN);
	json_put_member(b, "job", slice_of(job));
	if (o->filter.user)
		json_put_member(b, "user", slice_of(o->filter.user));
	json_put_member(b, "started_at", slice_of(s->started_at));
	return b;
}

void replay_send_run(sqlite3 *db, struct source *s, int64_t captures)
{
	json_put_member_int(&s->line, "captures", captures);
	json_put_key(&s->line, "uncommitted");
	if (captures_put_uncommitted(db, &s->line) != SQLITE_OK)
		database_die(db, "cannot read ingest_runs");
	source_send(s, RECORD_RUN);
}

struct outcome replay_outcome(int status)
{
	struct outcome how = {.exit = 0};

	if (status == EX_CONFIG)
		how = (struct outcome){
		    .exit = status, .reason = "stored captures cannot be read"};
	return how;
}

int replay_close(struct source *s, int status)
{
	const struct outcome how = replay_outcome(status);
	bool ok = source_end(s, &how);

	if (!ok)
		cli_warn("stdout: cannot write: %s", strerror(s->out->err));
	source_release(s);
	return ok ? status : pipe_io_status(s->out->err);
}

void replay_refuse(struct source *s, const char *key, struct slice name,
    const char *code, int64_t rows, struct slice reason)
{
	struct buf *b = source_begin(s, RECORD_ERROR);

	cli_warn("%.*s: %.*s", (int)name.n, name.p, (int)reason.n, reason.p);
	json_put_member(b, "stage", SLICE("sp-stage"));
	json_put_member(b, key, name);
	json_put_member(b, "code", slice_of(code));
	if (rows > 0)
		json_put_member_int(b, "rows", rows);
	json_put_member(b, "reason", reason);
	source_send(s, RECORD_ERROR);
}

/* Refuse an unreadable capture, by its name if it has one. */
static void refuse_capture(
    const struct capture_walk *w, struct source *s, struct buf *name)
{
	const char *key = name->n ? "src" : "where";

	if (!name->n)
		buf_printf(name, "capture %lld", (long long)w->last);
	replay_refuse(
	    s, key, buf_slice(name), "bad body", 0, slice_of(w->reader.bad));
}

/* For progress_begin. */
static void describe(void *ctx, struct progress *p)
{
	const struct replay_progress *r = ctx;

	buf_printf(&p->text, "%" PRIu64 " of %" PRIu64 " capture%s", r->sent,
	    r->total, PLURAL(r->total));
	p->done = r->sent;
	p->total = r->total;
}

void replay_begin_progress(
    struct replay_progress *r, const struct stage_options *o, int64_t captures)
{
	*r = (struct replay_progress){.total = (uint64_t)captures};
	progress_begin(o->progress, PROGRESS_PRINTS, describe, r);
}

int replay_send(struct capture_walk *w, struct source *s, struct buf *line,
    struct replay_progress *progress, int *status)
{
	int rc;

	while ((rc = capture_walk_next(w, line)) == SQLITE_ROW) {
		if (w->reader.bad) {
			refuse_capture(w, s, line);
			*status = EX_CONFIG;
		} else if (!source_send_line(
			       s, RECORD_CAPTURE, buf_slice(line))) {
			break;
		}
		if (progress)
			progress->sent++;
		progress_step();
	}
	return rc;
}

/*
 * Announce the captures whose errors are to be resolved, all of them before
 * the first capture: rows in between would slow down sp-transform.
 */
static int send_resolved_errors(sqlite3 *db, const struct capture_filter *f,
    struct source *s, struct buf *name)
{
	struct capture_walk walk;
	struct buf *b;
	int rc = capture_walk_init(&walk, db, f, true);

	while (rc == SQLITE_OK &&
	       (rc = capture_walk_next(&walk, name)) == SQLITE_ROW) {
		b = source_begin(s, RECORD_ROW);
		json_put_member(b, "table", SLICE("ingest_errors"));
		json_put_member(b, "op", SLICE("delete"));
		json_put_key(b, "row");
		buf_putc(b, '{');
		json_put_member(b, "src", buf_slice(name));
		buf_putc(b, '}');
		rc = source_send(s, RECORD_ROW) ? SQLITE_OK : SQLITE_DONE;
	}
	capture_walk_release(&walk);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int stage_replay(const struct stage_options *o)
{
	struct buf line = BUF_INIT(o->max_line);
	struct capture_filter filter = o->filter;
	struct replay_progress progress;
	struct capture_walk walk;
	struct source source;
	struct out out;
	sqlite3 *db = database_open(o->db, DB_READ);
	char *run = NULL;
	int rc, status = 0;

	out_init(&out, STDOUT_FILENO, (size_t)256 << 10);
	if (filter.run)
		filter.run = run = run_id_resolve(db, "replay", filter.run);
	if (capture_walk_init(&walk, db, &filter, false) != SQLITE_OK)
		database_die(db, "cannot read staging_raw");
	/* Without a run sp-load would take the empty stream for a failure. */
	if (walk.total == 0 && o->filter.refused)
		cli_warn("replay: no refused captures are left");
	else if (walk.total == 0)
		cli_die(EX_DATAERR, "replay: no captures match");
	replay_open(&source, &out, "replay", o);
	replay_send_run(db, &source, walk.total);
	if (o->filter.refused &&
	    send_resolved_errors(db, &filter, &source, &line) != SQLITE_OK)
		database_die(db, "cannot read staging_raw");
	replay_begin_progress(&progress, o, walk.total);
	rc = replay_send(&walk, &source, &line, &progress, &status);
	progress_end();
	if (rc == SQLITE_TOOBIG)
		cli_die(EX_DATAERR,
		    "replay: capture %lld is longer than --max-line",
		    (long long)walk.last);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		database_die(db, "cannot read staging_raw");
	status = replay_close(&source, status);
	capture_walk_release(&walk);
	db_close(db);
	buf_release(&line);
	out_release(&out);
	free(run);
	return status;
}
