/*
 * sp-queue: prints what is due as runs of requests, or what it would cost; and
 * edits the queue of playlists.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "plan/jobs.h"
#include "listing.h"
#include "local_time.h"
#include "options.h"
#include "queue.h"

#define LIFTED_BY " (sp-queue unblock lifts it)"

/* Jobs that are blocked until the same time, to be reported together. */
struct blocked {
	struct buf jobs;
	int64_t until, now;
};

static void report_blocked(struct blocked *b)
{
	char text[LOCAL_TIME_TEXT];

	if (b->jobs.n)
		cli_warn("%s: rate limited: try again at %s" LIFTED_BY,
		    buf_message(&b->jobs),
		    local_time_deadline(b->until, b->now, text));
	buf_clear(&b->jobs);
}

/* Report why a job is not run, now or together with the next one. */
static void report(const struct plan *p, struct blocked *b)
{
	const struct outcome *o = &p->outcome;
	struct buf text = BUF_INIT(4096);
	int64_t until;

	if (!clock_parse(slice_of(o->until), &until) || p->requests > 0) {
		cli_warn("%s: %s%s", p->job->name,
		    local_time_message(slice_of(o->reason), p->now, &text),
		    *o->until ? LIFTED_BY : "");
		buf_release(&text);
		return;
	}
	if (until != b->until)
		report_blocked(b);
	buf_printf(&b->jobs, "%s%s", b->jobs.n ? ", " : "", p->job->name);
	b->until = until;
	b->now = p->now;
}

/* Print a job's run, with `more` if another run follows; an exit status. */
static int next_job(sqlite3 *db, const struct queue_options *o,
    const struct job *job, bool more, struct out *out, struct blocked *b)
{
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
	if (*plan.outcome.reason)
		report(&plan, b);
	return plan.outcome.exit;
}

static bool is_due(
    sqlite3 *db, const struct queue_options *o, const struct job *job)
{
	bool due = o->plan.force;

	if (!due && job_is_due(db, job, &o->plan, &due) != SQLITE_OK)
		database_die(db, "cannot determine which jobs are due");
	return due;
}

/* The first of these jobs that is due; the NULL that ends them if none is. */
static const struct job *const *next_due(
    sqlite3 *db, const struct queue_options *o, const struct job *const *j)
{
	while (*j && !is_due(db, o, *j))
		j++;
	return j;
}

/*
 * Print a run for every job that is due. If none is, print an empty run: an
 * empty stream would mean that the program died.
 */
static int next_all(sqlite3 *db, const struct queue_options *o, struct out *out,
    struct blocked *b)
{
	static const struct job nothing = {.name = "all"};
	const struct job *const *j = next_due(db, o, jobs), *const * after;
	int status = 0;

	if (!*j)
		return next_job(db, o, &nothing, false, out, b);
	for (; *j; j = after) {
		after = next_due(db, o, j + 1);
		status |= next_job(db, o, *j, *after != NULL, out, b);
	}
	return status;
}

static int next(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);
	struct blocked blocked = {.jobs = BUF_INIT(4096)};
	struct out out;
	int status;

	out_init(&out, STDOUT_FILENO, 65536);
	status = o->job ? next_job(db, o, o->job, false, &out, &blocked)
			: next_all(db, o, &out, &blocked);
	report_blocked(&blocked);
	buf_release(&blocked.jobs);
	if (!out_flush(&out)) {
		cli_warn("stdout: cannot write: %s", strerror(out.err));
		status = pipe_io_status(out.err);
	}
	db_close(db);
	out_release(&out);
	return status;
}

/* Print the names of the jobs that are due; 1 if there are none, as grep. */
static int due(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);
	bool found = false;

	for (const struct job *const *j = jobs; *j; j++)
		if ((!o->job || *j == o->job) && is_due(db, o, *j)) {
			puts((*j)->name);
			found = true;
		}
	db_close(db);
	return !found;
}

/* --- Options and commands ------------------------------------------------ */

static const struct cli_option options[] = {
    CLI_OPTION_DB,
    {'a', "account", "NAME",
	"the account (default: $SP_ACCOUNT, then default)"},
    {'u', "user", "ID", "plan for this Spotify user, not the account's"},
    {'f', "force", NULL, "plan all that the job can request, due or not"},
    {'o', "after", "TIME",
	"request plays after this time, like yesterday or 7d"},
    {'p', "playlist-age", "D", "refresh playlists this old (default: 7d)"},
    {'i', "profile-age", "D", "refresh users this old (default: 30d)"},
    {'r', "refusal-age", "D", "retry what was refused after D (default: 30d)"},
    {'n', "catalogue-age", "D",
	"ask again for details after D (default: 180d)"},
    {'c', "catalogue-limit", "N",
	"send up to N for catalogue a day (default: 200)"},
    CLI_OPTION_LOCK_WAIT,
    CLI_OPTION_TABLE,
    CLI_OPTION_JSON,
    {'s', "since", "TIME", "look at what happened from then on (default: 7d)"},
    {'P', "prometheus", NULL, "print metrics for Prometheus, and exit 0"},
    CLI_OPTIONS_END,
};

static void set_option(void *queue_options, int code, const char *arg)
{
	struct queue_options *o = queue_options;
	struct plan_options *p = &o->plan;

	switch (code) {
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
	case 'B': o->form = LISTING_TABLE; break;
	case 'j': o->form = LISTING_JSON; break;
	case 's': o->since = cli_time("--since", arg); break;
	case 'P': o->prometheus = true; break;
	}
}

static const struct cli_command commands[] = {
    {.name = "next",
	.purpose = "print the requests of a job that are due",
	.options = "daufopirnc",
	.operands = "JOB",
	.examples = "sp-queue next play-history |\n"
		    "    jq -r 'select(.type == \"request\").url'\n"
		    "sp-queue next --after yesterday play-history |\n"
		    "    sp-fetch | sp-stage | sp-transform | sp-load\n",
	.run.queue = next},
    {.name = "due",
	.purpose = "print which jobs are due: exit 0, or 1 if none is",
	.options = "daufpirnc",
	.operands = "[JOB]",
	.examples = "sp-queue due\n"
		    "sp-queue due playlists && sp-run playlists\n",
	.run.queue = due},
    {.name = "budget",
	.purpose = "print what a job would cost: requests and time",
	.options = "daufpirncBj",
	.operands = "JOB",
	.examples = "sp-queue budget --table all\n"
		    "sp-queue budget --catalogue-limit 50 catalogue\n",
	.run.queue = queue_budget},
    {.name = "status",
	.purpose = "print which jobs are due or blocked, and the last runs",
	.options = "dancBj",
	.operands = "",
	.examples = "sp-queue status\n"
		    "sp-queue status |\n"
		    "    jq -r 'select(.state == \"due\").job'\n",
	.run.queue = queue_status},
    {.name = "health",
	.purpose = "print one line: is all well? exit 0, 1 or 77",
	.options = "dasjP",
	.operands = "",
	.examples = "sp-queue health || echo \"have a look\"\n"
		    "sp-queue health --prometheus\n",
	.run.queue = queue_health},
    {.name = "add",
	.purpose = "add playlists to the queue, to be fetched next",
	.options = "dw",
	.operands = "[PLAYLIST ...]",
	.examples =
	    "sp-queue add https://open.spotify.com/playlist/"
	    "6rqhFgbbKwnb9MLmUQDhG6\n"
	    "echo spotify:playlist:6rqhFgbbKwnb9MLmUQDhG6 | sp-queue add\n",
	.run.queue = queue_add_all},
    {.name = "drop",
	.purpose = "remove playlists from the queue",
	.options = "dw",
	.operands = "[PLAYLIST ...]",
	.examples = "sp-queue list | jq -r .playlist_id | sp-queue drop\n",
	.run.queue = queue_drop_all},
    {.name = "unblock",
	.purpose = "lift the deadlines of rate limits",
	.options = "dwau",
	.operands = "[ENDPOINT | BUCKET ...]",
	.examples = "sp-queue unblock\n"
		    "sp-queue unblock recently-played\n",
	.run.queue = queue_unblock},
    {.name = "list",
	.purpose = "print the playlists in the queue",
	.options = "dBj",
	.operands = "",
	.examples = "sp-queue list\n"
		    "sp-queue list | jq -r .playlist_id\n",
	.run.queue = queue_list},
    {.name = "count",
	.purpose = "print how many playlists are in the queue",
	.options = "dBj",
	.operands = "",
	.examples = "sp-queue count\n",
	.run.queue = queue_count},
    {.options = NULL},
};

static bool job_at(size_t i, struct cli_name *name)
{
	size_t n = 0;

	while (n < i && jobs[n])
		n++;
	if (jobs[n])
		*name = (struct cli_name){jobs[n]->name, jobs[n]->purpose};
	else
		*name = (struct cli_name){"all", "every job that is due"};
	return n == i;
}

static const struct cli_list lists[] = {
    {"Jobs", "JOB", job_at},
    {NULL, NULL, NULL},
};

static const struct cli_program program = {
    .name = "sp-queue",
    .purpose = "plan what is due, as requests for sp-fetch",
    .options = options,
    .commands = commands,
    .lists = lists,
    .examples =
	"sp-queue next all | sp-fetch | sp-stage | sp-transform | sp-load\n"
	"sp-queue status\n",
    .set = set_option,
};

int main(int argc, char **argv)
{
	const char *account = getenv("SP_ACCOUNT");
	struct queue_options o = {.since = -1,
	    .plan = {.account = account && *account ? account : "default",
		.after = -1,
		.playlist_age = 7 * CLOCK_DAY,
		.profile_age = 30 * CLOCK_DAY,
		.refusal_age = 30 * CLOCK_DAY,
		.catalogue_age = 180 * CLOCK_DAY,
		.catalogue_limit = 200}};
	const struct cli_command *command;
	const char *job;

	cli_init(program.name);
	command = cli_parse(&program, argc, argv, &o, &o.operands);
	job = strstr(command->operands, "JOB") ? o.operands[0] : NULL;
	job = job ? job : "all";
	o.job = job_named(job);
	if (!o.job && strcmp(job, "all") != 0)
		cli_unknown(command->name, "job", job, lists);
	return cli_close_stdout(command->run.queue(&o));
}
