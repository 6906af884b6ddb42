/*
 * sp-stage: a filter that stores every capture in staging_raw before it passes
 * it on. Its commands replay, import, redate, prune and forget captures, and
 * list runs and the captures that a row comes from.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "endpoint_list.h"
#include "listing.h"
#include "options.h"
#include "progress.h"
#include "receipt_table.h"
#include "short_id.h"
#include "stage.h"
#include "stage_writer.h"
#include "stream/pipe.h"
#include "terminal.h"

/* Pass a capture on, or refuse it. */
static void store_capture(
    struct stage_writer *k, struct pipe *st, const struct record *rec)
{
	const char *why = NULL;
	struct record staged;

	if (stage_writer_add_capture(k, rec, &why) == CAPTURE_INVALID) {
		pipe_refuse(st, rec, "bad capture", "%s", why);
		return;
	}
	staged = stage_writer_stored(k, rec);
	pipe_pass(st, &staged);
}

/*
 * Pass a run on. Earlier runs that were not loaded are redelivered ahead of the
 * first planned run. No plan of this stream is based on their captures.
 */
static void pass_run(struct stage_writer *k, struct pipe *st,
    const struct record *rec, size_t max_line, bool *planned)
{
	struct redelivery waiting = {.runs = NULL};
	bool first = !*planned && record_get(rec, "account");

	*planned |= first;
	if (first) {
		/* Without a reader, go on until all input is staged. */
		signal(SIGPIPE, SIG_IGN);
		redeliver_send(&waiting, k, st->out, rec, max_line);
	}
	stage_writer_add_run(k, rec);
	pipe_pass(st, rec);
	if (first)
		redeliver_report(&waiting, k, st, rec);
}

/*
 * If the reader is gone, as when sp-load was killed, discard the output and
 * stage the rest of the input, to be redelivered ahead of the next run.
 */
static bool stage_on(struct out *out)
{
	bool broken = out->err && out->err != ENOMEM;
	int fd = broken ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return false;
	cli_warn("stdout: cannot write: %s: captures are still stored",
	    strerror(out->err));
	out->fd = fd;
	out->err = 0;
	return true;
}

static bool next_record(
    struct pipe *st, struct record *rec, bool planned, bool *gone)
{
	while (pipe_next(st, rec, -1) != PIPE_RECORD) {
		if (!planned || *gone || !stage_on(st->out))
			return false;
		*gone = true;
	}
	return true;
}

/* For progress_begin. */
static void describe(void *ctx, struct progress *p)
{
	const uint64_t *captures = ctx;

	buf_printf(
	    &p->text, "%" PRIu64 " capture%s", *captures, PLURAL(*captures));
	p->done = *captures;
}

static int filter(const struct stage_options *o)
{
	bool planned = false, gone = false;
	struct stage_writer k;
	struct record rec;
	struct pipe st;
	struct out out;
	uint64_t captures = 0;
	int status;

	stage_writer_init(&k, o->db, o->max_line, &out);
	terminal_share(&out);
	progress_begin(
	    o->progress, PROGRESS_PRINTS | PROGRESS_READS, describe, &captures);
	pipe_init(
	    &st, "sp-stage", RECORD_CAPTURE, STDIN_FILENO, &out, o->max_line);
	st.on_refusal = cli_refusal;
	st.on_truncated = cli_pass_truncated;
	st.on_repaired = cli_refusal;
	cli_announce_stdin("captures");
	while (next_record(&st, &rec, planned, &gone)) {
		if (rec.type == RECORD_CAPTURE)
			store_capture(&k, &st, &rec);
		else if (rec.type == RECORD_RUN)
			pass_run(&k, &st, &rec, o->max_line, &planned);
		else
			pipe_pass(&st, &rec);
		captures += rec.type == RECORD_CAPTURE;
		progress_step();
	}
	status = pipe_finish(&st);
	progress_end();
	if (gone)
		status = EX_IOERR;
	if (out.err || st.in.err)
		cli_warn("%s: %s",
		    out.err ? "stdout: cannot write" : "stdin: cannot read",
		    strerror(out.err ? out.err : st.in.err));
	stage_writer_release(&k);
	pipe_release(&st);
	out_release(&out);
	return status;
}

/* List what a run read of an export. */
static void list_receipt(sqlite3 *db, const char *run, bool people)
{
	struct query q, lines;

	query_prepare(&q, db, &sql_receipt_of_run);
	query_bind_text(&q, ":run", slice_of(run));
	if (!query_step(&q) && q.rc == SQLITE_OK)
		cli_die(EX_DATAERR, "runs: no such run: '%s'", run);
	if (q.rc == SQLITE_OK && query_is_null(&q, 0)) {
		cli_warn("runs: run '%s' has no receipt: it read nothing of an "
			 "export, or was forgotten",
		    run);
	} else if (q.rc == SQLITE_OK && people) {
		query_fail(&q, receipt_table(db, query_text(&q, 0), stdout));
	} else {
		query_prepare(&lines, db, &sql_receipt_for_pipe);
		query_bind_text(&lines, ":run", slice_of(run));
		database_list(&lines, "receipt", false, NULL);
		query_fail(&q, query_finish(&lines));
	}
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot list the receipt");
}

static int runs(const struct stage_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ);
	static const struct listing_layout layout = {.empty = "no runs yet",
	    .columns = {{"run_id", "run", LISTING_RUN, 0, 0},
		{"job", NULL, LISTING_PLAIN, 0, 0},
		{"started_at", "started", LISTING_TIME, 2, 0},
		{"status", NULL, LISTING_PLAIN, 1, 0},
		{"rows_inserted", "inserted", LISTING_PLAIN, 3, 0},
		{"rows_updated", "updated", LISTING_PLAIN, 5, 0},
		{"rows_unchanged", "unchanged", LISTING_PLAIN, 6, 0},
		{"refused", NULL, LISTING_PLAIN, 4, 0},
		{"captures", NULL, LISTING_PLAIN, 7, 0},
		{"user_id", "user", LISTING_PLAIN, 8, 8},
		{"note", NULL, LISTING_NOTE, 0, 0}}};
	bool people = listing_is_table(o->form);
	struct query q;

	if (*o->operands) {
		run_ids_resolve(db, "runs", o->operands);
		list_receipt(db, *o->operands, people);
		db_close(db);
		return 0;
	}
	query_prepare(
	    &q, db, people ? &sql_runs_for_people : &sql_runs_for_pipe);
	query_bind_int(&q, ":limit", o->limit);
	database_list(&q, "ingest_run", people, &layout);
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot list the runs");
	db_close(db);
	return 0;
}

/* A duration with a sign. */
static int64_t span_option(const char *option, const char *arg)
{
	bool back = *arg == '-';
	int64_t ms = cli_duration(option, arg + (back || *arg == '+'));

	return back ? -ms : ms;
}

static void add_username(struct stage_options *o, const char *name)
{
	if (o->username_count == USERNAMES_MAX)
		cli_die(EX_USAGE, "--username: more than %d", USERNAMES_MAX);
	o->usernames[o->username_count++] = name;
}

static const struct cli_option options[] = {
    CLI_OPTION_DB,
    {'r', "run", "ID", "only captures of this run"},
    {'e', "endpoint", "ENDPOINT", "the endpoint of the captures"},
    {'u', "user", "ID", "the Spotify user whose data it is"},
    {'U', "username", "NAME", "a user name in the files that is this user"},
    {'s', "since", "TIME", "only what was fetched since then, like 7d"},
    {'t', "until", "TIME", "only what was fetched before, or up to this day"},
    {'R', "refused", NULL, "only captures of which something was refused"},
    {'S', "no-stage", NULL, "print the captures without storing them"},
    {'P', "keep-private", NULL, "keep IP addresses and the like"},
    {'A', "any-endpoint", NULL, "accept an endpoint that sp does not know"},
    {'f', "fetched-at", "TIME", "when the files were fetched"},
    {'b', "by", "D", "add this to the times, such as -40d"},
    {'l', "limit", "N", "list the last N runs (default: 20)"},
    {'c', "capture", NULL, "print the captures themselves"},
    {'k', "keep", "D", "keep all captures younger than D"},
    {'E', "even-needed", NULL, "also remove captures that a rebuild needs"},
    {'v', "vacuum", NULL, "return the space to the disk"},
    {'Y', "even-plays", NULL, "also undo a run that was fetched, not imported"},
    {'n', "dry-run", NULL, "only print what would be done"},
    CLI_OPTION_LOCK_WAIT,
    CLI_OPTION_MAX_LINE,
    CLI_OPTION_PROGRESS,
    CLI_OPTION_TABLE,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END,
};

static void set_option(void *stage_options, int code, const char *arg)
{
	struct stage_options *o = stage_options;
	struct capture_filter *f = &o->filter;

	switch (code) {
	case 'd': o->db = arg; break;
	case 'r': f->run = arg; break;
	case 'e': f->endpoint = arg; break;
	case 'u': f->user = arg; break;
	case 's':
		clock_format(cli_time("--since", arg), o->since);
		f->since = o->since;
		break;
	case 't':
		clock_format(cli_time_end("--until", arg), o->until);
		f->until = o->until;
		break;
	case 'f': o->fetched_at = cli_time("--fetched-at", arg); break;
	case 'l': o->limit = cli_number("--limit", arg, 1, INT64_MAX); break;
	case 'w': database_lock_wait(arg); break;
	case 'm': o->max_line = cli_size("--max-line", arg); break;
	case 'B': o->form = LISTING_TABLE; break;
	case 'j': o->form = LISTING_JSON; break;
	case 'A': o->any_endpoint = true; break;
	case 'P': o->keep_private = true; break;
	case 'U': add_username(o, arg); break;
	case 'b': o->by = span_option("--by", arg); break;
	case 'c': o->capture = true; break;
	case 'R': f->refused = true; break;
	case 'S': o->no_stage = true; break;
	case 'k': o->keep = cli_duration("--keep", arg); break;
	case 'n': o->dry = true; break;
	case 'E': o->even_needed = true; break;
	case 'Y': o->even_plays = true; break;
	case 'v': o->vacuum = true; break;
	case 'p': o->progress = true; break;
	}
}

static const struct cli_command commands[] = {
    {.options = "dwmp", .operands = "", .run.stage = filter},
    {.name = "replay",
	.purpose = "print stored captures again, to load them anew",
	.options = "dreustRmp",
	.operands = "",
	.examples =
	    "sp-stage replay | sp-transform | sp-load --db rebuilt.db\n"
	    "sp-stage replay --since 7d |\n"
	    "    jq -c 'select(.type == \"capture\") | [.endpoint, .url]'\n"
	    "sp-stage replay --refused | sp-transform | sp-load\n",
	.run.stage = stage_replay},
    {.name = "import",
	.purpose = "store files as captures: an export, or saved responses",
	.options = "dSuUPeAfwmp",
	.operands = "[FILE ...]",
	.examples =
	    "sp-stage import --user kim my_spotify_data.zip |\n"
	    "    sp-transform | sp-load\n"
	    "sp-stage import --user kim page.json | sp-transform | sp-load\n",
	.run.stage = stage_import},
    {.name = "redate",
	.purpose = "correct the times of runs with a wrong clock",
	.options = "ndb!wBj",
	.operands = "RUN ...",
	.examples = "run=$(sp-stage runs | jq -r .run_id | tail -n 1)\n"
		    "sp-stage redate -n --by -40d \"$run\"\n",
	.run.stage = stage_redate},
    {.name = "runs",
	.purpose = "list the last runs, or what a run read of an export",
	.options = "dlBj",
	.operands = "[RUN]",
	.examples =
	    "sp-stage runs\n"
	    "sp-stage runs | jq -r 'select(.status != \"complete\").run_id'\n",
	.run.stage = runs},
    {.name = "why",
	.purpose = "show which captures the values of a row come from",
	.options = "dcBj",
	.operands = "TABLE KEY ...",
	.examples = "track=$(sqlite3 ~/.local/share/sp/spotify.db \\\n"
		    "    'select track_id from tracks limit 1')\n"
		    "sp-stage why --table tracks \"$track\"\n"
		    "sp-stage why --capture tracks \"$track\" | jq .body\n",
	.run.stage = stage_why},
    {.name = "prune",
	.purpose = "remove old captures that later ones have replaced",
	.options = "ndk!EvwpBj",
	.operands = "",
	.examples = "sp-stage prune -n --keep 90d\n"
		    "sp-stage prune --keep 90d --vacuum\n",
	.run.stage = stage_prune},
    {.name = "forget",
	.purpose = "undo a run, such as an import, or remove a user",
	.options = "ndYwmpBj",
	.operands = "RUN ...",
	.examples =
	    "run=$(sp-stage runs |\n"
	    "    jq -r 'select(.job == \"import\").run_id' | tail -n 1)\n"
	    "sp-stage forget -n \"$run\"\n"
	    "sp-stage forget \"$run\" | sp-transform | sp-load\n"
	    "sp-stage forget --user lee | sp-transform | sp-load\n",
	.run.stage = stage_forget},
    {.name = "forget",
	.options = "ndu!wmpBj",
	.operands = "",
	.run.stage = stage_forget},
    {.options = NULL},
};

static const struct cli_program program = {
    .name = "sp-stage",
    .purpose = "store captures in the database, and pass them on",
    .options = options,
    .letters = "n",
    .repeats = "U",
    .commands = commands,
    .lists = endpoint_list,
    .examples =
	"sp-queue next all | sp-fetch | sp-stage | sp-transform | sp-load\n"
	"sp-stage runs\n",
    .set = set_option,
};

int main(int argc, char **argv)
{
	struct stage_options o = {
	    .max_line = LINES_MAX_DEFAULT, .fetched_at = -1, .limit = 20};
	const struct cli_command *command;

	cli_init(program.name);
	command = cli_parse(&program, argc, argv, &o, &o.operands);
	return cli_close_stdout(command->run.stage(&o));
}
