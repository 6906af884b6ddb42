/*
 * sp-queue: asks the database what is due, and prints it as a run with its
 * requests; or what that would cost. Keeps the queue of playlists by hand.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "database.h"
#include "queue.h"

static const char usage[] =
    "usage: sp-queue next [--db FILE] [--account NAME] [--user ID] [--force]\n"
    "           [--after TIME] [--playlist-age D] [--profile-age D]\n"
    "           [--refusal-age D] JOB\n"
    "       sp-queue budget [--db FILE] [--account NAME] [--user ID]\n"
    "           [--force] [--playlist-age D] [--profile-age D]\n"
    "           [--refusal-age D] [--table] JOB\n"
    "       sp-queue status [--db FILE] [--account NAME] [--table]\n"
    "       sp-queue add [--db FILE] [--lock-wait D] [PLAYLIST ...]\n"
    "       sp-queue drop [--db FILE] [--lock-wait D] [PLAYLIST ...]\n"
    "       sp-queue unblock [--db FILE] [--lock-wait D] [--account NAME]\n"
    "           [--user ID] [ENDPOINT | BUCKET ...]\n"
    "       sp-queue list [--db FILE] [--table]\n"
    "       sp-queue count [--db FILE]\n";

#define HOUR_IN_MS ((int64_t)3600 * 1000)

/* Plan one job as a run of its own, the last one or not; an exit status. */
static int next_job(sqlite3 *db, const struct queue_options *o,
    const struct job *job, bool more, struct out *out)
{
	struct source source;
	struct plan plan;
	int status;

	if (!source_init(&source, "sp-queue", out, 65536))
		cli_die(EX_OSERR, "no clock or random bytes available");
	source.more = more;
	if (plan_job(&plan, db, job, &o->plan, &source) != SQLITE_OK)
		database_die(db, "plan the job");
	if (*plan.outcome.reason)
		cli_warn("%s: %s%s", job->name, plan.outcome.reason,
		    *plan.outcome.until ? " (sp-queue unblock lifts it)" : "");
	status = plan.outcome.exit;
	plan_release(&plan);
	source_release(&source);
	return status;
}

static int plan_nothing(struct plan *p)
{
	(void)p;
	return SQLITE_OK;
}

/* The next job that is due, from this one on; NULL if none is. */
static const struct job *next_due(
    sqlite3 *db, const struct queue_options *o, const struct job *j)
{
	bool due = o->plan.force;

	for (; j->name; j++) {
		if (!due && job_is_due(db, j, &o->plan, &due) != SQLITE_OK)
			database_die(db, "determine which jobs are due");
		if (due)
			return j;
	}
	return NULL;
}

/*
 * Every job that is due, as runs that follow each other. If none is, that is
 * a run too: an empty stream is what a program that died leaves.
 */
static int next_all(sqlite3 *db, const struct queue_options *o, struct out *out)
{
	static const struct job nothing = {.name = "all", .plan = plan_nothing};
	const struct job *j = next_due(db, o, jobs), *after;
	int status = 0;

	if (!j)
		return next_job(db, o, &nothing, false, out);
	for (; j; j = after) {
		after = next_due(db, o, j + 1);
		status |= next_job(db, o, j, after != NULL, out);
	}
	return status;
}

/* The names of all jobs, for messages. */
static const char *job_names(struct buf *b)
{
	for (const struct job *j = jobs; j->name; j++)
		buf_printf(b, "%s, ", j->name);
	buf_puts(b, "or all");
	return buf_message(b);
}

const struct job *queue_operand_job(const char *command, char **operands)
{
	struct buf names = BUF_INIT(1024);
	const struct job *job;

	if (!operands[0] || operands[1])
		cli_die(EX_USAGE, "%s: name one job: %s", command,
		    job_names(&names));
	job = job_named(operands[0]);
	if (!job && strcmp(operands[0], "all") != 0)
		cli_die(EX_USAGE, "%s: unknown job '%s': expected %s", command,
		    operands[0], job_names(&names));
	return job;
}

static int next(const struct queue_options *o)
{
	const struct job *job = queue_operand_job("next", o->operands);
	struct out out;
	sqlite3 *db;
	int status;

	out_init(&out, STDOUT_FILENO, 65536);
	db = database_open(o->db, DB_READ_OR_EMPTY);
	status =
	    job ? next_job(db, o, job, false, &out) : next_all(db, o, &out);
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
	case 'w': database_lock_wait(arg); break;
	case 'f': p->force = true; break;
	case 't': o->table = true; break;
	case 'h': cli_usage(usage, true);
	case 'V': cli_version();
	default: cli_usage(usage, false);
	}
}

/* The commands, with the codes of the options that each takes. */
static const struct queue_command {
	const char *name;
	const char *takes;
	bool operands;
	int (*run)(const struct queue_options *);
} commands[] = {
    {"next", "daufUopir", true, next},
    {"budget", "daufpirt", true, queue_budget},
    {"status", "dat", false, queue_status},
    {"add", "dw", true, queue_add_all},
    {"drop", "dw", true, queue_drop_all},
    {"unblock", "dwau", true, queue_unblock},
    {"list", "dt", false, queue_list},
    {"count", "d", false, queue_count},
    {NULL, NULL, false, NULL},
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

int main(int argc, char **argv)
{
	const char *account = getenv("SP_ACCOUNT");
	struct queue_options o = {
	    .plan = {.account = account && *account ? account : "default",
		.after = -1,
		.playlist_age = 7 * 24 * HOUR_IN_MS,
		.profile_age = 30 * 24 * HOUR_IN_MS,
		.refusal_age = 30 * 24 * HOUR_IN_MS}};
	struct cli_given given = {.code = {false}};
	const struct queue_command *command;

	cli_init("sp-queue");
	o.operands =
	    cli_options(argc, argv, "hV", longs, set_option, &o, &given);
	command = command_named(*o.operands);
	o.operands++;
	cli_check_given(&given, longs, command->name, command->takes);
	if (*o.operands && !command->operands)
		cli_usage(usage, false);
	return cli_close_stdout(command->run(&o));
}
