/*
 * sp-queue: asks the database what is due, and prints it as a run with its
 * requests. Keeps the queue of playlists by hand.
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
#include "store/queue.h"
#include "stream/source.h"

static const char usage[] =
    "usage: sp-queue next [--db FILE] [--account NAME] [--user ID]\n"
    "           [--overlap DURATION] JOB\n"
    "       sp-queue add [--db FILE] [PLAYLIST ...]\n"
    "       sp-queue drop [--db FILE] [PLAYLIST ...]\n"
    "       sp-queue list [--db FILE] [--table]\n"
    "       sp-queue count [--db FILE]\n";

#define JOB_PLAY_HISTORY "play-history"
#define OVERLAP_DEFAULT ((int64_t)6 * 3600 * 1000) /* ms: late plays arrive */

struct options {
	const char *db;
	const char *account;
	const char *user;
	int64_t overlap; /* ms */
	bool table;      /* list for people even into a pipe */
};

/* What the database knows that a plan starts from. */
struct plan {
	struct buf user;	/* empty if it is not known yet */
	int64_t cursor;		/* Unix ms, or -1 for none */
	char until[CLOCK_TEXT]; /* a rate limit's deadline, or "" */
};

/* One text of a query with up to three texts bound; false where none. */
static bool look_up(sqlite3 *db, const char *sql, struct slice a,
    struct slice b, struct slice c, struct buf *value)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	buf_clear(value);
	if (rc != SQLITE_OK)
		database_die(db, "look up the plan");
	store_bind(stmt, 1, a);
	if (sqlite3_bind_parameter_count(stmt) > 1)
		store_bind(stmt, 2, b);
	if (sqlite3_bind_parameter_count(stmt) > 2)
		store_bind(stmt, 3, c);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_text(stmt, 0))
		buf_puts(value, (const char *)sqlite3_column_text(stmt, 0));
	else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		database_die(db, "look up the plan");
	sqlite3_finalize(stmt);
	return value->n > 0;
}

static void make_plan(
    sqlite3 *db, const struct options *o, const char *now, struct plan *p)
{
	struct buf text = BUF_INIT(4096);
	struct slice none = {NULL, 0};

	*p = (struct plan){.user = BUF_INIT(4096), .cursor = -1};
	if (o->user)
		buf_puts(&p->user, o->user);
	else
		look_up(db, "select user_id from accounts where account = ?1",
		    slice_of(o->account), none, none, &p->user);
	if (look_up(db,
		"select value from cursors where user_id = ?1 "
		"and job = '" JOB_PLAY_HISTORY "'",
		buf_slice(&p->user), none, none, &text))
		json_int(buf_slice(&text), &p->cursor);
	if (look_up(db,
		"select retry_at from endpoint_status where user_id "
		"= ?1 and endpoint = ?2 and status = 429 and retry_at > ?3",
		buf_slice(&p->user), SLICE("recently-played"), slice_of(now),
		&text) &&
	    text.n < CLOCK_TEXT)
		memcpy(p->until, buf_cstr(&text), text.n + 1);
	buf_release(&text);
}

static void put_run(
    struct source *s, const struct options *o, const struct plan *p)
{
	struct buf *b = source_begin(s, RECORD_RUN);

	json_put_member(b, "job", SLICE(JOB_PLAY_HISTORY));
	json_put_member(b, "account", slice_of(o->account));
	if (p->user.n)
		json_put_member(b, "user", buf_slice(&p->user));
	json_put_member(b, "started_at", slice_of(s->started_at));
	if (p->cursor >= 0)
		json_put_member_int(b, "cursor", p->cursor);
	source_send(s, RECORD_RUN);
}

/* The plays since the cursor, and from some hours before it once more. */
static void put_request(
    struct source *s, const struct options *o, const struct plan *p)
{
	struct buf *b = source_begin(s, RECORD_REQUEST);
	int64_t after = p->cursor > o->overlap ? p->cursor - o->overlap : 0;
	char url[128];
	int n = snprintf(
	    url, sizeof(url), "/v1/me/player/recently-played?limit=50");

	if (p->cursor >= 0)
		snprintf(
		    url + n, sizeof(url) - (size_t)n, "&after=%" PRId64, after);
	json_put_member_int(b, "seq", 1);
	json_put_member(b, "endpoint", SLICE("recently-played"));
	json_put_member(b, "url", slice_of(url));
	json_put_member(b, "paging", SLICE("next"));
	if (p->cursor >= 0)
		json_put_member_int(b, "cursor", p->cursor);
	source_send(s, RECORD_REQUEST);
}

static int next(const struct options *o, int argc, char **argv)
{
	struct outcome outcome = {0};
	struct source source;
	struct plan plan;
	struct out out;
	sqlite3 *db;
	bool ok;

	if (argc > 1 && argv[1][0] == '-')
		cli_die(EX_USAGE, "next: options come before the job: '%s'",
		    argv[1]);
	if (argc != 1)
		cli_die(EX_USAGE, "next: name one job: " JOB_PLAY_HISTORY);
	if (strcmp(argv[0], JOB_PLAY_HISTORY) != 0)
		cli_die(EX_USAGE,
		    "next: unknown job '%s': known is " JOB_PLAY_HISTORY,
		    argv[0]);
	if (!out_init(&out, STDOUT_FILENO, 65536) ||
	    !source_init(&source, "sp-queue", &out, 65536))
		cli_die(EX_OSERR, "next: no memory, clock or random bytes");
	db = database_open(o->db, STORE_READ_OR_EMPTY);
	make_plan(db, o, source.started_at, &plan);
	store_close(db);
	put_run(&source, o, &plan);
	if (*plan.until) {
		outcome.exit = EX_TEMPFAIL;
		memcpy(outcome.reason, "rate limited", sizeof("rate limited"));
		memcpy(outcome.until, plan.until, sizeof(plan.until));
		cli_warn("recently-played: rate limited until %s", plan.until);
	} else {
		put_request(&source, o, &plan);
	}
	ok = source_end(&source, &outcome);
	if (!ok)
		cli_warn("stdout: %s", strerror(out.err));
	source_release(&source);
	out_release(&out);
	buf_release(&plan.user);
	return ok ? outcome.exit : EX_IOERR;
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
		cli_die(EX_IOERR, "stdin: cannot read: %s",
		    all.failed ? "too much" : strerror(in.err));
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

static int show(const struct options *o, const char *sql, bool for_people)
{
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
	    listing_print(stmt, "queued", for_people) != SQLITE_DONE)
		database_die(db, "list the queue");
	sqlite3_finalize(stmt);
	store_close(db);
	return 0;
}

static int list(const struct options *o)
{
	return show(o,
	    "select playlist_id, detected_at, played_at "
	    "from playlist_ingest_queue order by detected_at, playlist_id",
	    o->table || listing_for_people());
}

static int count(const struct options *o)
{
	sqlite3 *db = database_open(o->db, STORE_READ_OR_EMPTY);

	printf("%lld\n", (long long)store_int(db,
			     "select count(*) from playlist_ingest_queue", 0));
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
	    {"table", no_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "+hV", longs, NULL)) != -1)
		switch (c) {
		case 'd': o->db = optarg; break;
		case 'a': o->account = optarg; break;
		case 'u': o->user = optarg; break;
		case 'o': o->overlap = cli_duration("--overlap", optarg); break;
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
	    .account = account && *account ? account : "default",
	    .overlap = OVERLAP_DEFAULT};
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
	else if (!strcmp(command, "add") || !strcmp(command, "drop"))
		status = change(&o, *command == 'a', argc, argv);
	else if (!strcmp(command, "list") && argc == 0)
		status = list(&o);
	else if (!strcmp(command, "count") && argc == 0)
		status = count(&o);
	else
		cli_usage(usage, false);
	return cli_close_stdout(status);
}
