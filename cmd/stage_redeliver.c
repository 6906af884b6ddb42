/*
 * At-least-once delivery: ahead of a planned run, sp-stage sends again the
 * captures of earlier runs that were not loaded.
 */
#include <string.h>

#include "cli.h"
#include "database.h"
#include "db/dead_letters.h"
#include "json/json.h"
#include "stage.h"

/*
 * Open a redelivery. What is deferred until the run that it repeats commits
 * remains so, since that run is `uncommitted`.
 */
static void open_run(sqlite3 *db, struct source *s, const struct redelivery *r,
    const struct undelivered_run *w)
{
	struct buf *b;

	memcpy(s->run, w->sent_as, sizeof(s->run));
	memcpy(s->started_at, r->started_at, sizeof(s->started_at));
	s->more = true;
	b = source_begin(s, RECORD_RUN);
	json_put_member(b, "job", SLICE("replay"));
	if (w->user)
		json_put_member(b, "user", slice_of(w->user));
	json_put_member(b, "started_at", slice_of(s->started_at));
	json_put_member(b, "replay_of", slice_of(w->id));
	json_put_member_int(b, "replay_until", w->until);
	if (w->user && dead_letters_put_known(db, slice_of(w->user), b))
		database_die(db, "cannot read ingest_errors");
	json_put_key(b, "uncommitted");
	buf_putc(b, '[');
	json_put_string(b, slice_of(w->id));
	buf_putc(b, ']');
	source_send(s, RECORD_RUN);
}

static void send_run(struct stage_writer *k, struct out *out, size_t max_line,
    const struct redelivery *r, const struct undelivered_run *w)
{
	const struct capture_filter filter = {.run = w->id};
	struct buf line = BUF_INIT(max_line);
	struct outcome how;
	struct capture_walk walk;
	struct source source;
	int status = 0, rc;

	if (!source_init(&source, "sp-stage", out, max_line))
		cli_die(EX_OSERR, "no clock or random bytes available");
	if (capture_walk_init(&walk, k->db, &filter, false) != SQLITE_OK)
		database_die(k->db, "cannot read staging_raw");
	open_run(k->db, &source, r, w);
	rc = replay_send(&walk, &source, &line, NULL, &status);
	how = replay_outcome(status);
	if (rc == SQLITE_TOOBIG)
		how = (struct outcome){.exit = EX_DATAERR,
		    .reason = "a capture is longer than --max-line"};
	else if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		database_die(k->db, "cannot read staging_raw");
	source_end(&source, &how);
	capture_walk_release(&walk);
	source_release(&source);
	buf_release(&line);
}

void redeliver_send(struct redelivery *r, struct stage_writer *k,
    struct out *out, const struct record *run, size_t max_line)
{
	struct buf id = BUF_INIT(run->line.n + 1);
	struct slice but;

	record_string(run, "run", &id, &but);
	stage_writer_begin(k);
	if (redelivery_plan(r, k->db, but) != SQLITE_OK)
		database_die(
		    k->db, "cannot find the captures that were not loaded");
	/* Committed before they are sent, so that a crash is an attempt. */
	stage_writer_commit(k);
	for (size_t i = 0; i < r->count && !out->err; i++)
		if (*r->runs[i].sent_as)
			send_run(k, out, max_line, r, &r->runs[i]);
	buf_release(&id);
}

void redeliver_report(struct redelivery *r, struct stage_writer *k,
    struct pipe *st, const struct record *run)
{
	const struct slice all = {NULL, 0};
	size_t left = 0;
	bool news;

	for (size_t i = 0; i < r->count; i++) {
		const struct undelivered_run *w = &r->runs[i];

		if (*w->sent_as)
			continue;
		stage_writer_begin(k);
		if (redelivery_abandon(k->db, w, &news) != SQLITE_OK)
			database_die(k->db, "cannot write ingest_runs");
		left += news;
		if (news && !r->halted)
			pipe_report_part(st, run, all, "not loaded",
			    "run %s: its captures were not loaded in %d attempts: "
			    "sp-stage replay --run sends them again",
			    w->id, REDELIVERY_ATTEMPTS);
	}
	if (r->halted && left > 0)
		pipe_report_part(st, run, all, "not loaded",
		    "%zu earlier run%s not loaded into this database, "
		    "in %d attempts: "
		    "their captures are no longer sent again until sp-load has written to it",
		    left, left == 1 ? " was" : "s were", REDELIVERY_ATTEMPTS);
	redelivery_release(r);
}
