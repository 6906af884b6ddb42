/*
 * sp-queue: asks the database what is due, and prints it as a run with its
 * requests; or what that would cost. Keeps the queue of playlists by hand.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "json/json.h"
#include "listing.h"
#include "plan/budget.h"
#include "plan/plan.h"
#include "store/queue.h"

static const char usage[] =
    "usage: sp-queue next [--db FILE] [--account NAME] [--user ID] [--force]\n"
    "           [--unconditional] [--overlap D] [--playlist-age D]\n"
    "           [--profile-age D] [--refusal-age D] JOB\n"
    "       sp-queue budget [--db FILE] [--account NAME] [--user ID]\n"
    "           [--force] [--playlist-age D] [--profile-age D]\n"
    "           [--refusal-age D] [--table] JOB\n"
    "       sp-queue status [--db FILE] [--account NAME] [--table]\n"
    "       sp-queue add [--db FILE] [--lock-wait D] [PLAYLIST ...]\n"
    "       sp-queue drop [--db FILE] [--lock-wait D] [PLAYLIST ...]\n"
    "       sp-queue list [--db FILE] [--table]\n"
    "       sp-queue count [--db FILE]\n";

#define HOUR ((int64_t)3600 * 1000)

struct options {
	const char *db;
	struct plan_options plan;
	bool table; /* list for people even into a pipe */
};

/* The names of all jobs, for messages. */
static const char *job_names(struct buf *b)
{
	for (const struct job *j = jobs; j->name; j++)
		buf_printf(b, "%s, ", j->name);
	buf_puts(b, "or all");
	return buf_words(b);
}

/* Plan one job as a run of its own, the last one or not; an exit status. */
static int next_job(sqlite3 *db, const struct options *o, const struct job *job,
    bool more, struct out *out)
{
	struct source source;
	struct plan plan;
	int status;

	if (!source_init(&source, "sp-queue", out, 65536))
		cli_die(EX_OSERR, "next: no clock or no random bytes");
	source.more = more;
	if (plan_job(&plan, db, job, &o->plan, &source) != SQLITE_OK)
		database_die(db, "plan the job");
	if (*plan.outcome.reason)
		cli_warn("%s: %s", job->name, plan.outcome.reason);
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
    sqlite3 *db, const struct options *o, const struct job *j)
{
	bool due = o->plan.force;

	for (; j->name; j++) {
		if (!due && job_is_due(db, j, &o->plan, &due) != SQLITE_OK)
			database_die(db, "see what is due");
		if (due)
			return j;
	}
	return NULL;
}

/*
 * Every job that is due, as runs that follow each other. If none is, that is
 * a run too: an empty stream is what a program that died leaves.
 */
static int next_all(sqlite3 *db, const struct options *o, struct out *out)
{
	static const struct job nothing = {
	    .name = "all", .endpoints = "", .plan = plan_nothing};
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

/* The job that a command is to be about; NULL for all of them. */
static const struct job *operand_job(const char *command, int argc, char **argv)
{
	struct buf names = BUF_INIT(1024);
	const struct job *job;

	if (argc > 1 && argv[1][0] == '-')
		cli_die(EX_USAGE, "%s: options come before the job: '%s'",
		    command, argv[1]);
	if (argc != 1)
		cli_die(EX_USAGE, "%s: name one job: %s", command,
		    job_names(&names));
	job = job_named(argv[0]);
	if (!job && strcmp(argv[0], "all") != 0)
		cli_die(EX_USAGE, "%s: unknown job '%s': known are %s", command,
		    argv[0], job_names(&names));
	return job;
}

static int next(const struct options *o, int argc, char **argv)
{
	const struct job *job = operand_job("next", argc, argv);
	struct out out;
	sqlite3 *db;
	int status;

	if (!out_init(&out, STDOUT_FILENO, 65536))
		cli_die(EX_OSERR, "next: no memory");
	db = database_open(o->db, STORE_READ_OR_EMPTY);
	status =
	    job ? next_job(db, o, job, false, &out) : next_all(db, o, &out);
	if (!out_flush(&out)) {
		cli_warn("stdout: %s", strerror(out.err));
		status = stage_io_status(out.err);
	}
	store_close(db);
	out_release(&out);
	return status;
}

/* "3 hours", in the largest unit of which there are two. */
static const char *span(int64_t seconds, char text[32])
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"days", 86400}, {"hours", 3600}, {"minutes", 60}};
	size_t i = 0;

	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	if (i < 3)
		snprintf(text, 32, "%" PRId64 " %s",
		    (seconds + units[i].seconds / 2) / units[i].seconds,
		    units[i].name);
	else
		snprintf(text, 32, "%" PRId64 " s", seconds);
	return text;
}

static void tell_budget(const struct job *job, const struct budget *b)
{
	char text[32];

	printf("%s: ", job->name);
	if (b->requests == 0)
		printf("nothing to ask");
	else
		printf("about %" PRId64 " request%s", b->requests,
		    b->requests == 1 ? "" : "s");
	if (b->unknown)
		printf(", or more: the length of %" PRId64 " is not known",
		    b->unknown);
	if (b->requests && b->pace > 0)
		printf("; %s at %.1f a second, as in the last runs",
		    span(b->seconds, text), b->pace);
	else if (b->requests)
		printf("; how fast is not known yet");
	printf("%s%s\n", *b->outcome.reason ? "; " : "", b->outcome.reason);
}

static void put_budget(const struct job *job, const struct budget *b)
{
	struct buf line = BUF_INIT(4096);
	char number[32];

	buf_putc(&line, '{');
	json_put_member(&line, "type", SLICE("budget"));
	json_put_member(&line, "job", slice_of(job->name));
	json_put_member_int(&line, "planned", b->planned);
	json_put_member_int(&line, "requests", b->requests);
	json_put_member_int(&line, "unknown", b->unknown);
	if (b->pace > 0) {
		snprintf(number, sizeof(number), "%.3f", b->pace);
		json_put_member_raw(&line, "pace", slice_of(number));
		json_put_member_int(&line, "seconds", b->seconds);
	}
	if (*b->outcome.reason)
		json_put_member(&line, "reason", slice_of(b->outcome.reason));
	if (*b->outcome.until)
		json_put_member(&line, "until", slice_of(b->outcome.until));
	buf_puts(&line, "}\n");
	if (line.failed)
		cli_die(EX_OSERR, "budget: no memory");
	fwrite(line.p, 1, line.n, stdout);
	buf_release(&line);
}

/* What a job, or each that is due, would cost now. */
static int tell_budgets(const struct options *o, int argc, char **argv)
{
	bool people = o->table || table_for_people();
	const struct job *only = operand_job("budget", argc, argv);
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);
	struct budget b;
	bool due;

	for (const struct job *j = jobs; j->name; j++) {
		if (only && j != only)
			continue;
		if (job_is_due(db, j, &o->plan, &due) != SQLITE_OK ||
		    budget_job(&b, db, j, &o->plan) != SQLITE_OK)
			database_die(db, "plan the job");
		if (!only && !due && !o->plan.force)
			continue;
		if (people)
			tell_budget(j, &b);
		else
			put_budget(j, &b);
	}
	store_close(db);
	return 0;
}

/* Add or drop one id; 1 if it was refused. */
static int change_one(
    sqlite3 *db, bool add, const char *where, struct slice text, const char *at)
{
	struct slice id = queue_playlist_id(text);
	bool was_there = true;
	int rc;

	if (!id.p) {
		cli_warn("%s: no playlist '%.*s': give an id, a spotify: URI "
			 "or an open.spotify.com link",
		    where, (int)text.n, text.p);
		return EX_REFUSED;
	}
	rc = add ? queue_add(db, id, at) : queue_drop(db, id, at, &was_there);
	if (rc != SQLITE_OK)
		database_die(
		    db, add ? "add to the queue" : "drop from the queue");
	if (was_there)
		return 0;
	cli_warn("%s: not in the queue '%.*s'", where, (int)id.n, id.p);
	return EX_REFUSED;
}

/* The ids of stdin, a line each, read whole before the database is locked. */
static int change_stdin(sqlite3 *db, bool add, const char *at)
{
	struct buf all = BUF_INIT((size_t)64 << 20);
	struct lines in;
	struct slice line;
	enum lines_result r;
	int status = 0;
	size_t from = 0;

	lines_init(&in, 0, 4096);
	while ((r = lines_next(&in, &line, -1)) == LINES_LINE ||
	       r == LINES_TOO_LONG) {
		buf_put_slice(&all, line);
		buf_putc(&all, '\n');
	}
	if (r == LINES_ERROR || all.failed)
		cli_die(all.failed ? EX_OSERR : stage_io_status(in.err),
		    "stdin: cannot read: %s",
		    all.failed ? "no memory for so much" : strerror(in.err));
	if (store_begin(db) != SQLITE_OK)
		database_die(db, "lock the database");
	for (uint64_t number = 1; from < all.n; number++) {
		char *end = memchr(all.p + from, '\n', all.n - from);
		size_t n = (size_t)(end - all.p) - from;
		char where[32];

		snprintf(where, sizeof(where), "stdin:%" PRIu64, number);
		if (n > 0)
			status |= change_one(db, add, where,
			    (struct slice){all.p + from, n}, at);
		from += n + 1;
	}
	lines_release(&in);
	buf_release(&all);
	return status;
}

static int change(const struct options *o, bool add, int argc, char **argv)
{
	sqlite3 *db = database_open(o->db, STORE_WRITE);
	char now[CLOCK_TEXT];
	int status = 0;

	if (!clock_format(clock_now(), now))
		cli_die(EX_OSERR, "no clock");
	if (argc == 0) {
		status = change_stdin(db, add, now);
	} else if (store_begin(db) != SQLITE_OK) {
		database_die(db, "lock the database");
	}
	for (int i = 0; i < argc; i++)
		status |= change_one(
		    db, add, add ? "add" : "drop", slice_of(argv[i]), now);
	if (store_commit(db) != SQLITE_OK)
		database_die(db, "write the queue");
	store_close(db);
	return status;
}

/* List a query; `:account`, if it has that, is the account. */
static void list_query(
    sqlite3 *db, const struct options *o, const char *sql, const char *type)
{
	bool people = o->table || table_for_people();
	sqlite3_stmt *s;
	int account;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		database_die(db, "list");
	account = sqlite3_bind_parameter_index(s, ":account");
	if (account > 0)
		store_bind(s, account, slice_of(o->plan.account));
	if (listing_print(s, type, people) != SQLITE_DONE)
		database_die(db, "list");
	sqlite3_finalize(s);
}

static int list(const struct options *o)
{
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);

	list_query(db, o,
	    "select playlist_id, detected_at, played_at, user_id "
	    "from playlist_ingest_queue order by detected_at, playlist_id",
	    "queued");
	store_close(db);
	return 0;
}

#define DEADLINE                                                       \
	PLAN_DEADLINE_OF(                                              \
	    "(select user_id from accounts where account = :account)", \
	    "endpoints")

/* What is due, how stale it is, and what holds it up. */
static const char status_of_jobs[] =
    "select name as job, case due when 1 then 'due' else 'fresh' end as state,"
    " (select max(ended_at) from ingest_runs where job = name "
    "and account = :account and status = 'complete') as last_complete, "
    "(select status from ingest_runs where job = name "
    "and account = :account order by started_at desc, run_id desc limit 1) "
    "as last_run, "
    "case name when 'playlists' then "
    "(select count(*) from playlist_ingest_queue) "
    "when 'audio-features' then (select count(*) from tracks "
    "where audio_features_json is null and is_local is not 1 "
    "and track_id not in (select subject from endpoint_status "
    "where endpoint = 'audio-features' and status = 404)) end as waiting, "
    "(select max(retry_at) from endpoint_status "
    "where retry_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
    "and " DEADLINE ") as blocked_until from temp.job order by rowid";

/* What the API refused, and will not be asked again for a while. */
static const char status_of_refusals[] =
    "select endpoint, status, count(*) as subjects, "
    "max(endpoint_status.last_updated) as last_refused, "
    "max(retry_at) as retry_at, max(reason) as reason "
    "from endpoint_status join accounts using (user_id) "
    "where account = :account and (status in (403, 404, 429) or status >= 500) "
    "group by endpoint, status order by endpoint, status";

static const char status_of_runs[] =
    "select * from (select run_id as run, job, started_at, status, "
    "rows_inserted as new, refused, reason from ingest_runs "
    "where account = :account or account is null "
    "order by started_at desc, run_id desc limit 5) order by started_at, run";

/* Put down for SQL which jobs there are, and whether they are due. */
static void note_jobs(sqlite3 *db, const struct options *o)
{
	sqlite3_stmt *s;
	bool due;

	if (store_exec(db, "create temp table job (name, due, endpoints)") ||
	    sqlite3_prepare_v2(db, "insert into temp.job values (?, ?, ?)", -1,
		&s, NULL) != SQLITE_OK)
		database_die(db, "see what is due");
	for (const struct job *j = jobs; j->name; j++) {
		if (job_is_due(db, j, &o->plan, &due) != SQLITE_OK)
			database_die(db, "see what is due");
		store_bind(s, 1, slice_of(j->name));
		sqlite3_bind_int(s, 2, due);
		store_bind(s, 3, slice_of(j->endpoints));
		if (sqlite3_step(s) != SQLITE_DONE)
			database_die(db, "see what is due");
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
}

static int tell_status(const struct options *o)
{
	bool people = o->table || table_for_people();
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);

	note_jobs(db, o);
	list_query(db, o, status_of_jobs, "job_status");
	if (people)
		putchar('\n');
	list_query(db, o, status_of_refusals, "refusal");
	if (people)
		putchar('\n');
	list_query(db, o, status_of_runs, "ingest_run");
	store_close(db);
	return 0;
}

static int count(const struct options *o)
{
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);
	sqlite3_int64 n =
	    store_int(db, "select count(*) from playlist_ingest_queue", -1);

	if (n < 0)
		database_die(db, "count the queue");
	printf("%lld\n", (long long)n);
	store_close(db);
	return 0;
}

/* Options up to the first operand; returns with optind at it. */
static void read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"db", required_argument, NULL, 'd'},
	    {"account", required_argument, NULL, 'a'},
	    {"user", required_argument, NULL, 'u'},
	    {"overlap", required_argument, NULL, 'o'},
	    {"playlist-age", required_argument, NULL, 'p'},
	    {"profile-age", required_argument, NULL, 'i'},
	    {"refusal-age", required_argument, NULL, 'r'},
	    {"lock-wait", required_argument, NULL, 'w'},
	    {"force", no_argument, NULL, 'f'},
	    {"unconditional", no_argument, NULL, 'U'},
	    {"table", no_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	struct plan_options *p = &o->plan;
	int c;

	while ((c = getopt_long(argc, argv, "+hV", longs, NULL)) != -1)
		switch (c) {
		case 'd': o->db = optarg; break;
		case 'a': p->account = optarg; break;
		case 'u': p->user = optarg; break;
		case 'o': p->overlap = cli_duration("--overlap", optarg); break;
		case 'p':
			p->playlist_age =
			    cli_duration("--playlist-age", optarg);
			break;
		case 'i':
			p->profile_age = cli_duration("--profile-age", optarg);
			break;
		case 'r':
			p->refusal_age = cli_duration("--refusal-age", optarg);
			break;
		case 'w': database_lock_wait(optarg); break;
		case 'f': p->force = true; break;
		case 'U': p->unconditional = true; break;
		case 't': o->table = true; break;
		case 'h': cli_usage(usage, true);
		case 'V': cli_version();
		default: cli_usage(usage, false);
		}
}

int main(int argc, char **argv)
{
	const char *account = getenv("SP_ACCOUNT"), *command;
	struct options o = {
	    .plan = {.account = account && *account ? account : "default",
		.overlap = 6 * HOUR,
		.playlist_age = 7 * 24 * HOUR,
		.profile_age = 30 * 24 * HOUR,
		.refusal_age = 30 * 24 * HOUR}};
	int status;

	cli_init("sp-queue");
	read_options(argc, argv, &o);
	if (optind == argc)
		cli_usage(usage, false);
	command = argv[optind++];
	read_options(argc, argv, &o);
	argc -= optind;
	argv += optind;
	if (!strcmp(command, "next"))
		status = next(&o, argc, argv);
	else if (!strcmp(command, "budget"))
		status = tell_budgets(&o, argc, argv);
	else if (!strcmp(command, "add") || !strcmp(command, "drop"))
		status = change(&o, *command == 'a', argc, argv);
	else if (!strcmp(command, "status") && argc == 0)
		status = tell_status(&o);
	else if (!strcmp(command, "list") && argc == 0)
		status = list(&o);
	else if (!strcmp(command, "count") && argc == 0)
		status = count(&o);
	else
		cli_usage(usage, false);
	return cli_close_stdout(status);
}
