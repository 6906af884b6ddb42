/*
 * sp-stage forget: removes what runs or a person brought, and replays what else
 * asserts those rows. The removal is committed first; until the replay was
 * loaded, the same command sends it again.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/number.h"
#include "cli.h"
#include "database.h"
#include "db/runs.h"
#include "inspect/forget.h"
#include "json/json.h"
#include "listing.h"
#include "progress.h"
#include "short_id.h"
#include "stage.h"

static void check_options(const struct stage_options *o)
{
	if (!o->dry && stdout_is_terminal())
		cli_die(EX_USAGE,
		    "forget: stdout is a terminal: "
		    "pipe it to sp-transform | sp-load, or use --dry-run");
}

/* --- what to forget ------------------------------------------------------ */

static void choose(struct forget *f, const struct stage_options *o)
{
	bool known;

	run_ids_resolve(f->db, "forget", o->operands);
	for (char *const *run = o->operands; *run; run++) {
		if (forget_add_run(f, slice_of(*run), &known) != SQLITE_OK)
			database_die(f->db, "cannot find the run");
		if (!known)
			cli_die(EX_DATAERR, "forget: no such run: '%s'", *run);
	}
	if (o->filter.user &&
	    forget_add_user(f, slice_of(o->filter.user)) != SQLITE_OK)
		database_die(f->db, "cannot find the user's runs");
}

/* Plays are gone for good: the API serves the last 50. */
static void check_fetched(struct forget *f, const struct stage_options *o)
{
	struct buf run = BUF_INIT((size_t)1 << 20);

	if (o->filter.user || o->even_plays)
		return;
	if (forget_find_fetched(f, &run) != SQLITE_OK)
		database_die(f->db, "cannot read ingest_runs");
	if (run.n)
		cli_die(EX_USAGE,
		    "forget: run %s was fetched: the API may no longer have its "
		    "plays: --even-plays removes them anyway",
		    buf_message(&run));
	buf_release(&run);
}

static void check_busy(struct forget *f)
{
	struct buf run = BUF_INIT((size_t)1 << 20);

	if (forget_find_busy(f, &run) != SQLITE_OK)
		database_die(f->db, "cannot read ingest_runs");
	if (run.n) {
		db_rollback(f->db);
		cli_die(EX_TEMPFAIL,
		    "forget: run %s is being loaded: try again when it has ended",
		    buf_message(&run));
	}
	buf_release(&run);
}

static void report(const struct forget *f)
{
	const char *would = f->dry ? " would be" : "";

	if (f->captures == 0 && f->values == 0) {
		cli_warn("forget: no captures and no values are left of it");
		return;
	}
	cli_warn("forget: %" PRId64 " capture%s and %" PRId64
		 " value%s%s removed, with %" PRId64 " row%s",
	    f->captures, PLURAL(f->captures), f->values, PLURAL(f->values),
	    would, f->rows, PLURAL(f->rows));
	if (f->pruned > 0)
		cli_warn(
		    "forget: up to %" PRId64
		    " of these values had replaced others of pruned captures, "
		    "which cannot be restored",
		    f->pruned);
}

static void list(struct forget *f, const struct stage_options *o)
{
	static const struct listing_layout layout = {
	    .empty = "nothing is left of it",
	    .columns = {{"table", NULL, LISTING_PLAIN, 0, 0},
		{"rows", NULL, LISTING_PLAIN, 1, 0},
		{"values", NULL, LISTING_PLAIN, 2, 0},
		{"pruned", NULL, LISTING_PLAIN, 3, 0}}};
	struct query rows;

	if (forget_apply(f) != SQLITE_OK)
		database_die(f->db, "cannot determine what would be removed");
	forget_list(f, &rows);
	database_list(&rows, "forget", listing_is_table(o->form), &layout);
	if (query_finish(&rows) != SQLITE_OK)
		database_die(f->db, "cannot list what would be removed");
	report(f);
}

/* --- removing and replaying ---------------------------------------------- */

/*
 * Remove it all, and log the run that replays the rest, in one transaction. It
 * goes on under the name of a pending one, for which all is replayed.
 */
static void remove_all(struct forget *f, struct source *s)
{
	char pending[ULID_TEXT];
	struct run_record run = {.job = SLICE("forget")};

	if (db_begin(f->db) != SQLITE_OK)
		database_die(f->db, "cannot lock the database");
	check_busy(f);
	if (forget_pending(f->db, pending) != SQLITE_OK ||
	    forget_apply(f) != SQLITE_OK)
		database_die(f->db, "cannot remove the captures");
	if (*pending) {
		memcpy(s->run, pending, sizeof(s->run));
		f->scope = FORGET_ALL;
	}
	run.id = slice_of(s->run);
	run.started_at = slice_of(s->started_at);
	if (runs_open(f->db, &run) != SQLITE_OK ||
	    db_commit(f->db) != SQLITE_OK)
		database_die(f->db, "cannot remove the captures");
}

/* The captures to replay, up to two kinds of them. */
static size_t choose_captures(
    const struct forget *f, struct capture_filter filters[2])
{
	static const char *const exports[] = {
	    "streaming-history", "streaming-history-basic"};

	filters[0] = (struct capture_filter){.run = NULL};
	if (f->scope != FORGET_EXPORTS)
		return f->scope == FORGET_ALL;
	for (size_t i = 0; i < COUNT_OF(exports); i++)
		filters[i] = (struct capture_filter){
		    .endpoint = exports[i], .user = f->user};
	return COUNT_OF(exports);
}

/* Begin the record of the run, which names nobody. */
static void open_run(struct source *s)
{
	struct buf *b = source_begin(s, RECORD_RUN);

	json_put_member(b, "job", SLICE("forget"));
	json_put_member(b, "started_at", slice_of(s->started_at));
}

static int replay(
    struct forget *f, struct source *s, const struct stage_options *o)
{
	struct replay_progress progress;
	struct capture_filter filters[2];
	struct capture_walk walks[2];
	struct buf line = BUF_INIT(o->max_line);
	size_t count = choose_captures(f, filters);
	int64_t captures = 0;
	int status = 0, rc = SQLITE_DONE;

	for (size_t i = 0; i < count; i++) {
		if (capture_walk_init(&walks[i], f->db, &filters[i], false))
			database_die(f->db, "cannot read staging_raw");
		captures += walks[i].total;
	}
	open_run(s);
	replay_send_run(f->db, s, captures);
	replay_begin_progress(&progress, o, captures);
	for (size_t i = 0; i < count && rc == SQLITE_DONE; i++) {
		rc = replay_send(&walks[i], s, &line, &progress, &status);
		if (rc == SQLITE_TOOBIG)
			cli_die(EX_DATAERR,
			    "forget: capture %lld is longer than --max-line",
			    (long long)walks[i].last);
		if (rc != SQLITE_DONE && rc != SQLITE_ROW)
			database_die(f->db, "cannot read staging_raw");
	}
	progress_end();
	for (size_t i = 0; i < count; i++)
		capture_walk_release(&walks[i]);
	buf_release(&line);
	return replay_close(s, status);
}

/* Nothing of a person is left in the unused parts of the file. */
static void erase(sqlite3 *db)
{
	if (db_exec(db, "pragma secure_delete = on") != SQLITE_OK)
		database_die(db, "cannot erase what is removed");
}

int stage_forget(const struct stage_options *o)
{
	struct forget f;
	struct source source;
	struct out out;
	int status = 0;
	sqlite3 *db;

	check_options(o);
	/* Read first: a missing database must not be created. */
	db = database_open(o->db, DB_READ);
	if (!o->dry) {
		db_close(db);
		db = database_open(o->db, DB_WRITE);
		erase(db);
	}
	if (forget_init(&f, db, o->dry) != SQLITE_OK)
		database_die(db, "cannot plan what to remove");
	choose(&f, o);
	if (o->dry) {
		list(&f, o);
	} else {
		check_fetched(&f, o);
		out_init(&out, STDOUT_FILENO, (size_t)256 << 10);
		if (!source_init(&source, "sp-stage", &out, o->max_line))
			cli_die(EX_OSERR, "no clock or random bytes available");
		remove_all(&f, &source);
		report(&f);
		status = replay(&f, &source, o);
		out_release(&out);
	}
	forget_release(&f);
	db_close(db);
	return status;
}
