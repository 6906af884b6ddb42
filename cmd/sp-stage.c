/*
 * sp-stage: a filter that stores every capture in staging_raw before it passes
 * it on. Its commands replay, import, redate, prune and forget captures, and
 * list runs and the captures that a row comes from.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "listing.h"
#include "progress.h"
#include "receipt_table.h"
#include "stage.h"
#include "stage_writer.h"
#include "stream/pipe.h"
#include "terminal.h"

static const char usage[] =
    "usage: sp-stage [--db FILE] [--lock-wait D] [--max-line SIZE]\n"
    "           [--progress]\n"
    "       sp-stage replay [--db FILE] [--run ID] [--endpoint E] [--user ID]\n"
    "           [--since TIME] [--until TIME] [--refused] [--max-line SIZE]\n"
    "           [--progress]\n"
    "       sp-stage import [--db FILE] [--no-stage] [--user ID]\n"
    "           [--username NAME] [--keep-private] [--endpoint E]\n"
    "           [--any-endpoint] [--fetched-at TIME] [--lock-wait D]\n"
    "           [--max-line SIZE] [--progress] [FILE ...]\n"
    "       sp-stage redate [-n] [--db FILE] --by D [--lock-wait D] [--table]\n"
    "           RUN ...\n"
    "       sp-stage runs [--db FILE] [--limit N] [--table] [RUN]\n"
    "       sp-stage why [--db FILE] [--capture] [--table] TABLE KEY ...\n"
    "       sp-stage prune [-n] [--db FILE] --keep D [--even-needed]\n"
    "           [--vacuum] [--lock-wait D] [--progress] [--table]\n"
    "       sp-stage forget [-n] [--db FILE] [--even-plays] [--lock-wait D]\n"
    "           [--max-line SIZE] [--progress] [--table] RUN ...\n"
    "       sp-stage forget [-n] [--db FILE] --user ID [--lock-wait D]\n"
    "           [--max-line SIZE] [--progress] [--table]\n";

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
	st.on_truncated = cli_truncated;
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
		database_list(&lines, "receipt", false);
		query_fail(&q, query_finish(&lines));
	}
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot list the receipt");
}

static int runs(const struct stage_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ);
	bool people = o->table || stdout_is_terminal();
	struct query q;

	if (*o->operands && o->operands[1])
		cli_usage(usage, false);
	if (*o->operands) {
		list_receipt(db, *o->operands, people);
		db_close(db);
		return 0;
	}
	query_prepare(
	    &q, db, people ? &sql_runs_for_people : &sql_runs_for_pipe);
	query_bind_int(&q, ":limit", o->limit);
	database_list(&q, "ingest_run", people);
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot list the runs");
	db_close(db);
	return 0;
}

/* A time option in the form that the database compares. */
static const char *time_option(
    const char *option, const char *arg, char text[CLOCK_TEXT])
{
	if (!clock_format(cli_time(option, arg), text))
		cli_die(EX_USAGE, "%s: out of range: '%s'", option, arg);
	return text;
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

static const struct option longs[] = {{"db", required_argument, NULL, 'd'},
    {"run", required_argument, NULL, 'r'},
    {"endpoint", required_argument, NULL, 'e'},
    {"user", required_argument, NULL, 'u'},
    {"username", required_argument, NULL, 'U'},
    {"keep-private", no_argument, NULL, 'P'},
    {"any-endpoint", no_argument, NULL, 'A'},
    {"by", required_argument, NULL, 'b'},
    {"since", required_argument, NULL, 's'},
    {"until", required_argument, NULL, 't'},
    {"fetched-at", required_argument, NULL, 'f'},
    {"refused", no_argument, NULL, 'R'},
    {"limit", required_argument, NULL, 'l'}, {"table", no_argument, NULL, 'a'},
    {"capture", no_argument, NULL, 'c'},
    {"lock-wait", required_argument, NULL, 'w'},
    {"max-line", required_argument, NULL, 'm'},
    {"no-stage", no_argument, NULL, 'S'},
    {"keep", required_argument, NULL, 'k'}, {"dry-run", no_argument, NULL, 'n'},
    {"even-needed", no_argument, NULL, 'E'},
    {"even-plays", no_argument, NULL, 'Y'}, {"vacuum", no_argument, NULL, 'v'},
    {"progress", no_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};

static void set_option(void *ctx, int which, const char *arg)
{
	struct stage_options *o = ctx;
	struct capture_filter *f = &o->filter;

	switch (which) {
	case 'd': o->db = arg; break;
	case 'r': f->run = arg; break;
	case 'e': f->endpoint = arg; break;
	case 'u': f->user = arg; break;
	case 's': f->since = time_option("--since", arg, o->since); break;
	case 't': f->until = time_option("--until", arg, o->until); break;
	case 'f': o->fetched_at = cli_time("--fetched-at", arg); break;
	case 'l': o->limit = cli_number("--limit", arg, 1, INT64_MAX); break;
	case 'w': database_lock_wait(arg); break;
	case 'm': o->max_line = cli_size("--max-line", arg); break;
	case 'a': o->table = true; break;
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
	default: cli_other_option(which, usage);
	}
}

/* The commands, with the codes of the options that each takes. */
static const struct stage_command {
	const char *name; /* NULL: without one sp-stage is a filter */
	const char *takes;
	bool operands;
	int (*run)(const struct stage_options *);
} commands[] = {
    {"replay", "dreustRmp", false, stage_replay},
    {"import", "dSuUPeAfwmp", true, stage_import},
    {"redate", "ndbwa", true, stage_redate},
    {"runs", "dla", true, runs},
    {"why", "dca", true, stage_why},
    {"prune", "ndkEvwpa", false, stage_prune},
    {"forget", "nduYwmpa", true, stage_forget},
    {NULL, "dwmp", false, filter},
};

static const struct stage_command *command_named(const char *name)
{
	const struct stage_command *c = commands;

	while (c->name && (!name || strcmp(c->name, name) != 0))
		c++;
	if (name && !c->name)
		cli_usage(usage, false);
	return c;
}

int main(int argc, char **argv)
{
	struct stage_options o = {.max_line = LINES_MAX_DEFAULT,
	    .fetched_at = -1,
	    .limit = 20,
	    .keep = -1};
	struct cli_given given = {.code = {false}};
	const struct stage_command *command;

	cli_init("sp-stage");
	o.operands =
	    cli_options(argc, argv, "nhV", longs, set_option, &o, &given);
	command = command_named(*o.operands);
	o.operands += *o.operands != NULL;
	cli_check_given(&given, longs, command->name, command->takes);
	if (*o.operands && !command->operands)
		cli_usage(usage, false);
	return cli_close_stdout(command->run(&o));
}
