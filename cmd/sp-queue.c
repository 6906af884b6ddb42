/*
 * sp-queue: prints what is due as runs of requests, or what it would cost; and
 * edits the queue of playlists.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "plan/jobs.h"
#include "queue.h"
#include "listing.h"

static const char usage[] =
    "usage: sp-queue next [--db FILE] [--account NAME] [--user ID] [--force]\n"
    "           [--after TIME] [--playlist-age D] [--profile-age D]\n"
    "           [--refusal-age D] [--catalogue-age D] [--catalogue-limit N] JOB\n"
    "       sp-queue budget [--db FILE] [--account NAME] [--user ID]\n"
    "           [--force] [--playlist-age D] [--profile-age D]\n"
    "           [--refusal-age D] [--catalogue-age D] [--catalogue-limit N]\n"
    "           [--table] JOB\n"
    "       sp-queue status [--db FILE] [--account NAME] [--catalogue-age D]\n"
    "           [--catalogue-limit N] [--table]\n"
    "       sp-queue add [--db FILE] [--lock-wait D] [PLAYLIST ...]\n"
    "       sp-queue drop [--db FILE] [--lock-wait D] [PLAYLIST ...]\n"
    "       sp-queue unblock [--db FILE] [--lock-wait D] [--account NAME]\n"
    "           [--user ID] [ENDPOINT | BUCKET ...]\n"
    "       sp-queue list [--db FILE] [--table]\n"
    "       sp-queue count [--db FILE]\n";

/* Print a job's run, with `more` if another run follows; an exit status. */
static int next_job(sqlite3 *db, const struct queue_options *o,
    const struct job *job, bool more, struct out *out)
{
	struct outcome *outcome;
	struct source source;
	struct plan plan;

	if (!source_init(&source, "sp-queue", out, 65536))
		cli_die(EX_OSERR, "no clock or random bytes available");
	source.more = more;
	plan_init(&plan, db, job, &o->plan);
	plan_run(&plan, &source);
	if (plan_finish(&plan) != SQLITE_OK)
		database_die(db, "cannot plan the job");
	source_release(&source);
	outcome = &plan.outcome;
	if (*outcome->reason)
		cli_warn("%s: %s%s", job->name, outcome->reason,
		    *outcome->until ? " (sp-queue unblock lifts it)" : "");
	return outcome->exit;
}

/* The first of these jobs that is due; the NULL that ends them if none is. */
static const struct job *const *next_due(
    sqlite3 *db, const struct queue_options *o, const struct job *const *j)
{
	bool due = o->plan.force;

	for (; *j; j++) {
		if (!due && job_is_due(db, *j, &o->plan, &due) != SQLITE_OK)
			database_die(db, "cannot determine which jobs are due");
		if (due)
			break;
	}
	return j;
}

/*
 * Print a run for every job that is due. If none is, print an empty run: an
 * empty stream would mean that the program died.
 */
static int next_all(sqlite3 *db, const struct queue_options *o, struct out *out)
{
	static const struct job nothing = {.name = "all"};
	const struct job *const *j = next_due(db, o, jobs), *const * after;
	int status = 0;

	if (!*j)
		return next_job(db, o, &nothing, false, out);
	for (; *j; j = after) {
		after = next_due(db, o, j + 1);
		status |= next_job(db, o, *j, *after != NULL, out);
	}
	return status;
}

static int next(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);
	struct out out;
	int status;

	out_init(&out, STDOUT_FILENO, 65536);
	status = o->job ? next_job(db, o, o->job, false, &out)
			: next_all(db, o, &out);
	if (!out_flush(&out)) {
		cli_warn("stdout: cannot write: %s", strerror(out.err));
		status = pipe_io_status(out.err);
	}
	db_close(db);
	out_release(&out);
	return status;
}

static const struct option longs[] = {{"db", required_argument, NULL, 'd'},
    {"account", required_argument, NULL, 'a'},
    {"user", required_argument, NULL, 'u'},
    {"after", required_argument, NULL, 'o'},
    {"playlist-age", required_argument, NULL, 'p'},
    {"profile-age", required_argument, NULL, 'i'},
    {"refusal-age", required_argument, NULL, 'r'},
    {"catalogue-age", required_argument, NULL, 'n'},
    {"catalogue-limit", required_argument, NULL, 'c'},
    {"lock-wait", required_argument, NULL, 'w'},
    {"force", no_argument, NULL, 'f'}, {"table", no_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0}};

static void set_option(void *ctx, int which, const char *arg)
{
	struct queue_options *o = ctx;
	struct plan_options *p = &o->plan;

	switch (which) {
	case 'd': o->db = arg; break;
	case 'a': p->account = arg; break;
	case 'u': p->user = arg; break;
	case 'o':
		p->after = cli_time("--after", arg);
		p->after = p->after > 0 ? p->after : 0;
		break;
	case 'p': p->playlist_age = cli_duration("--playlist-age", arg); break;
	case 'i': p->profile_age = cli_duration("--profile-age", arg); break;
	case 'r': p->refusal_age = cli_duration("--refusal-age", arg); break;
	case 'n':
		p->catalogue_age = cli_duration("--catalogue-age", arg);
		break;
	case 'c':
		p->catalogue_limit =
		    cli_number("--catalogue-limit", arg, 0, 1000000);
		break;
	case 'w': database_lock_wait(arg); break;
	case 'f': p->force = true; break;
	case 't': o->table = true; break;
	default: cli_other_option(which, usage);
	}
}

enum operands { NO_OPERANDS, ANY_OPERANDS, ONE_JOB };

/* The commands, with the codes of their options. */
static const struct queue_command {
	const char *name;
	const char *options;
	enum operands operands;
	int (*run)(const struct queue_options *);
} commands[] = {
    {"next", "daufopirnc", ONE_JOB, next},
    {"budget", "daufpirtnc", ONE_JOB, queue_budget},
    {"status", "datnc", NO_OPERANDS, queue_status},
    {"add", "dw", ANY_OPERANDS, queue_add_all},
    {"drop", "dw", ANY_OPERANDS, queue_drop_all},
    {"unblock", "dwau", ANY_OPERANDS, queue_unblock},
    {"list", "dt", NO_OPERANDS, queue_list},
    {"count", "d", NO_OPERANDS, queue_count},
    {NULL, NULL, NO_OPERANDS, NULL},
};

static const struct queue_command *command_named(const char *name)
{
	const struct queue_command *c = commands;

	while (c->name && (!name || strcmp(c->name, name) != 0))
		c++;
	if (!c->name)
		cli_usage(usage, false);
	return c;
}

/* The job that the operands name; NULL for all of them. Dies of any other. */
static const struct job *job_operand(const char *command, char **operands)
{
	struct buf names = BUF_INIT(1024);
	const struct job *job;

	for (const struct job *const *j = jobs; *j; j++)
		buf_printf(&names, "%s, ", (*j)->name);
	buf_puts(&names, "or all");
	if (!operands[0] || operands[1])
		cli_die(EX_USAGE, "%s: name one job: %s", command,
		    buf_message(&names));
	job = job_named(operands[0]);
	if (!job && strcmp(operands[0], "all") != 0)
		cli_die(EX_USAGE, "%s: unknown job '%s': expected %s", command,
		    operands[0], buf_message(&names));
	buf_release(&names);
	return job;
}

int main(int argc, char **argv)
{
	const char *account = getenv("SP_ACCOUNT");
	struct queue_options o = {
	    .plan = {.account = account && *account ? account : "default",
		.after = -1,
		.playlist_age = 7 * CLOCK_DAY,
		.profile_age = 30 * CLOCK_DAY,
		.refusal_age = 30 * CLOCK_DAY,
		.catalogue_age = 180 * CLOCK_DAY,
		.catalogue_limit = 200}};
	struct cli_given given = {.code = {false}};
	const struct queue_command *command;

	cli_init("sp-queue");
	o.operands =
	    cli_options(argc, argv, "hV", longs, set_option, &o, &given);
	command = command_named(*o.operands);
	o.operands++;
	o.table = o.table || stdout_is_terminal();
	cli_check_given(&given, longs, command->name, command->options);
	if (command->operands == ONE_JOB)
		o.job = job_operand(command->name, o.operands);
	else if (*o.operands && command->operands == NO_OPERANDS)
		cli_usage(usage, false);
	return cli_close_stdout(command->run(&o));
}
