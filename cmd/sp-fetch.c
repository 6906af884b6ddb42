/*
 * sp-fetch: sends the requests of a stream to the Web API, and writes the
 * responses as captures. With paths as arguments, requests those.
 *
 * What a response means for the run and for the requests that follow is decided
 * in api/policy.h.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/policy.h"
#include "api/scheduler.h"
#include "api/session.h"
#include "base/clock.h"
#include "cli.h"
#include "fetch_account.h"
#include "http/skew.h"
#include "json/json.h"
#include "spotify/endpoint.h"
#include "spotify/scopes.h"
#include "text_table.h"

static const char usage[] =
    "usage: sp-fetch [--account NAME] [--token-file FILE] [--api URL]\n"
    "                [--token-url URL] [--max-wait D] [--retries N]\n"
    "                [--backoff D] [--timeout D] [--connect-timeout D]\n"
    "                [--parallel N] [--max-body SIZE] [--max-pages N]\n"
    "                [--max-line SIZE] [--progress] [PATH ...]\n"
    "       sp-fetch login [--account NAME] [--token-file FILE]\n"
    "                [--client-id ID] [--scope SCOPE]... [--port N]\n"
    "                [--no-browser] [--timeout D] [--force]\n"
    "                [--auth-url URL] [--token-url URL] [--api URL]\n"
    "       sp-fetch accounts [--account NAME] [--token-file FILE] [--table]\n"
    "       sp-fetch logout [--account NAME] [--token-file FILE]\n";

struct fetch_options {
	struct account account;
	struct login_options login;
	bool table; /* list for people even into a pipe */
	struct transfer_limits limits;
	struct retry_policy policy;
	size_t parallel, max_body, max_line;
	uint64_t max_pages;
	bool progress;
};

struct fetch {
	const struct fetch_options *o;
	struct pipe pipe;
	struct out out;
	struct transfer *transfer;
	struct session session;
	struct scheduler scheduler;
	struct run_policy run_policy;
	struct result result; /* about the user */
	struct buf scratch, line;
	struct record run;   /* held back, of run_line */
	struct buf run_line; /* empty for none */
	bool run_checked, run_fill;

	int64_t seq;	   /* of the run's last capture */
	uint64_t unsent;   /* requests refused without being sent */
	bool quiet;	   /* on_refusal prints nothing */
	bool warned;	   /* that the login is about to end */
	bool limit_sent;   /* the capture of send_limit */
	struct buf login;  /* the command that logs in again */
	struct buf scopes; /* known before, and reported: of the login */
	bool knows_scopes;
	bool own_run; /* the run is of the user of the login */

	uint64_t requests, captures, bytes; /* for progress */
	int64_t started;
};

static void report(void *ctx, const char *url, const char *what)
{
	struct slice path = url ? url_brief(slice_of(url)) : SLICE("");

	(void)ctx;
	cli_warn("%.*s%s%s", (int)path.n, path.p, url ? ": " : "", what);
}

static void on_refusal(void *ctx, const struct refusal *r)
{
	const struct fetch *f = ctx;

	if (!f->quiet)
		cli_refusal(NULL, r);
}

/* Fetch the user of the login; false if nothing can be requested. */
static bool fetch_user(struct fetch *f)
{
	struct error error = ERROR_UNSET;

	if (run_policy_is_halted(&f->run_policy))
		return false;
	if (!session_fetch_user(&f->session, &f->result, &error)) {
		run_policy_halt(&f->run_policy, &error, false);
		return false;
	}
	return true;
}

/* Store the scopes that were known before. */
static void store_scopes(struct fetch *f, struct slice scopes)
{
	f->knows_scopes = scopes.p != NULL;
	buf_clear(&f->scopes);
	buf_put_slice(&f->scopes, scopes);
	if (!buf_cstr(&f->scopes))
		f->knows_scopes = false;
}

/* Report a scope that the login lacks now, unless it lacked it before. */
static void report_scope(struct fetch *f, const struct endpoint *e,
    const struct scope_need *need, const char *now, const char *before)
{
	if (need->scope && !scopes_have(now, slice_of(need->scope)) &&
	    (!before || scopes_have(before, slice_of(need->scope))))
		cli_warn("%s: without the scope '%s', %s: log in again: %s",
		    e->job, need->scope, need->without, buf_cstr(&f->login));
}

/* Report the scopes of the login if they are not those known before. */
static void report_scopes(struct fetch *f)
{
	const char *now = f->session.token.scope;
	const char *before = f->knows_scopes ? buf_cstr(&f->scopes) : NULL;

	if (!now || !scopes_differ(now, before))
		return;
	if (before)
		cli_warn("the scopes of the login have changed: '%s'", now);
	for (const struct endpoint *e = endpoints; e->name; e++)
		for (int i = 0; e->job && i < ENDPOINT_SCOPES; i++)
			report_scope(f, e, &e->scopes[i], now, before);
	store_scopes(f, slice_of(now));
}

/* For scheduler.may_send. */
static bool may_send(void *ctx, struct task *a)
{
	struct fetch *f = ctx;

	fetch_user(f); /* if that fails, nothing may be sent */
	return run_policy_may_send(&f->run_policy, a);
}

/* For scheduler.on_result. */
static void on_result(void *ctx, struct task *a)
{
	struct fetch *f = ctx;

	run_policy_apply(&f->run_policy, a);
	/* By now the clock skew is known. */
	if (!f->warned)
		f->warned = account_warn_of_expiry(&f->o->account,
		    &f->session.token, skew_now(transfer_skew(f->transfer)));
}

/* Append the start of a run, corrected as captures before it were. */
static void put_start(struct fetch *f, const struct record *rec)
{
	int64_t at, off = transfer_skew(f->transfer)->off;
	char text[CLOCK_TEXT];
	struct slice start;

	buf_clear(&f->scratch);
	if (record_string(rec, "started_at", &f->scratch, &start) && start.p &&
	    clock_parse(start, &at) && clock_format(at + off, text))
		json_put_member(&f->line, "started_at", slice_of(text));
}

/* Pass a run on with its user and client filled in. */
static void pass_run_filled(struct fetch *f, const struct record *rec)
{
	static const char *const but[] = {"user", "client", "started_at", NULL};
	const struct token *t = &f->session.token;
	struct record filled = *rec;

	f->own_run = true;
	buf_clear(&f->line);
	record_put_members(rec, but, &f->line);
	put_start(f, rec);
	json_put_member(&f->line, "user", slice_of(t->user_id));
	if (t->client_id)
		json_put_member(&f->line, "client", slice_of(t->client_id));
	buf_putc(&f->line, '}');
	filled.line = buf_slice(&f->line);
	pipe_pass(&f->pipe, &filled);
}

/*
 * Check the user of a run before its first request. An empty run sends no
 * request for that, as a rate limit may forbid it. Whether the user can be
 * filled in.
 */
static bool check_run(struct fetch *f, const struct record *rec, bool empty)
{
	struct error error = ERROR_UNSET;
	struct slice user = {NULL, 0};
	struct slice scopes;
	bool has_user;

	buf_clear(&f->scratch);
	if (!f->knows_scopes &&
	    record_string(rec, "scopes", &f->scratch, &scopes))
		store_scopes(f, scopes);
	if ((empty && session_open(&f->session, &error) &&
		!f->session.token.user_id) ||
	    !fetch_user(f))
		return false;
	buf_clear(&f->scratch);
	has_user = record_string(rec, "user", &f->scratch, &user);
	if (!has_user || !user.p || slice_is(user, f->session.token.user_id))
		return true;
	error_set(&error, EX_CONFIG,
	    "run %s: for user '%.*s', but the login is of user '%s'",
	    f->pipe.run, (int)user.n, user.p, f->session.token.user_id);
	run_policy_halt(&f->run_policy, &error, true);
	return false;
}

/*
 * A run record is held back until its first request, or any other record: by
 * then its user must be known.
 */
static void handle_run(struct fetch *f, const struct record *rec)
{
	int64_t off = 0;

	run_policy_begin(&f->run_policy);
	f->seq = 0;
	f->run_checked = f->own_run = false;
	if (!record_int(rec, "clock_off", &off))
		off = 0;
	skew_begin(transfer_skew(f->transfer), off);
	record_copy(&f->run, rec, &f->run_line);
}

/* Pass on the run record that is held back, if any. */
static void flush_run(struct fetch *f)
{
	if (!f->run_line.n)
		return;
	if (!f->run_checked)
		f->run_fill = check_run(f, &f->run, true);
	if (f->run_fill)
		pass_run_filled(f, &f->run);
	else
		pipe_pass(&f->pipe, &f->run);
	buf_clear(&f->run_line);
}

static void send_capture(struct fetch *f, const struct fetched_page *page)
{
	struct capture c = page->capture;
	struct slice path = url_brief(c.url);
	struct body_check check;

	c.seq = ++f->seq;
	c.user = f->session.token.user_id;

	flush_run(f);
	buf_clear(&f->line);
	if (!capture_put(&c, buf_slice(&page->body), &check, &f->line))
		cli_die(EX_DATAERR, "%.*s: the response is too long for a line",
		    (int)path.n, path.p);
	if (check.flaw)
		cli_warn("%.*s: %s at byte %zu of the body", (int)path.n,
		    path.p, check.flaw, check.at + 1);
	pipe_produce(&f->pipe, RECORD_CAPTURE, buf_slice(&f->line));
	f->captures++;
	f->bytes += page->body.n;
}

/* The URL, without a query, of the response that limits the whole login. */
static void put_limit_url(const struct fetch *f, struct buf *url)
{
	const char *token_url = f->session.client.token_url;

	if (strcmp(f->run_policy.halt.limit.endpoint, "token") == 0)
		buf_put(url, token_url, strcspn(token_url, "?#"));
	else
		session_put_profile_url(&f->session.api, url);
}

/*
 * A limit of the token endpoint, or one met before the user was known, belongs
 * to no request. Its capture lets the next plan know of it.
 */
static void send_limit(struct fetch *f)
{
	const struct error *e = &f->run_policy.halt;
	struct buf url = BUF_INIT(URL_MAX);
	struct request_record r = {.run = slice_of(f->pipe.run), .seq = -1};
	struct capture c = {.request = &r,
	    .page = 1,
	    .user = f->session.token.user_id,
	    .status = e->limit.status,
	    .fetched_at = e->limit.at,
	    .clock_off = transfer_skew(f->transfer)->off,
	    .retry_at = e->until};
	struct body_check check;

	if (!e->exit || !e->limit.endpoint || f->limit_sent)
		return;
	r.endpoint = slice_of(e->limit.endpoint);
	put_limit_url(f, &url);
	c.url = buf_slice(&url);
	c.seq = ++f->seq;
	buf_clear(&f->line);
	capture_put(&c, SLICE(""), &check, &f->line);
	pipe_produce(&f->pipe, RECORD_CAPTURE, buf_slice(&f->line));
	f->limit_sent = true;
	buf_release(&url);
}

/* A task has ended: its request was used, or is refused. */
static void finish_task(struct fetch *f, const struct task *a)
{
	flush_run(f);
	if (!a->code) {
		pipe_use(&f->pipe, &a->record);
		return;
	}
	f->quiet = a->unsent;
	pipe_refuse(&f->pipe, &a->record, a->code, "%s", a->why);
	f->quiet = false;
	f->unsent += a->unsent;
}

/* Write the pages that are complete up to the first that is not, in order. */
static void send_in_order(struct fetch *f)
{
	struct task *a;
	struct fetched_page *page;

	while ((a = scheduler_first(&f->scheduler))) {
		while ((page = task_take_page(a))) {
			send_capture(f, page);
			fetched_page_free(page);
		}
		if (!a->ended)
			return;
		finish_task(f, a);
		scheduler_pop(&f->scheduler);
	}
}

static void show_progress(const struct fetch *f)
{
	double seconds = (double)(clock_monotonic() - f->started) / 1000;

	if (f->o->progress)
		cli_progress("%" PRIu64 " requests, %" PRIu64 " captures, "
			     "%.1f MB, %.1f a second",
		    f->requests, f->captures, (double)f->bytes / 1e6,
		    seconds > 0 ? (double)f->captures / seconds : 0);
}

/* Run the scheduler until something happens or `fd` is readable. */
static void step(struct fetch *f, int fd)
{
	show_progress(f);
	/* Flush before waiting; stop if that fails. */
	if (!out_flush(&f->out))
		return;
	scheduler_step(&f->scheduler, fd);
	send_in_order(f);
}

/* Wait for all requests in flight. */
static void drain(void *ctx)
{
	struct fetch *f = ctx;

	while (!scheduler_is_empty(&f->scheduler) && !f->out.err)
		step(f, -1);
	flush_run(f);
}

static void handle_request(struct fetch *f, const struct record *rec)
{
	f->requests++;
	if (f->run_line.n && !f->run_checked) {
		f->run_fill = check_run(f, &f->run, false);
		f->run_checked = true;
		flush_run(f);
	}
	scheduler_add(&f->scheduler, rec, f->pipe.in_run);
	while (scheduler_is_full(&f->scheduler) && !f->out.err)
		step(f, -1);
}

/* Pass an end on, with the scopes of the login if they are known. */
static void handle_end(struct fetch *f, const struct record *rec)
{
	static const char *const but[] = {"scopes", NULL};
	const char *scopes = f->session.token.scope, *reason;
	struct record filled = *rec;
	struct outcome how;
	size_t at;

	send_limit(f);
	if (f->own_run)
		report_scopes(f);
	run_policy_end(&f->run_policy, &how);
	if (scopes && f->own_run) {
		buf_clear(&f->line);
		record_put_members(rec, but, &f->line);
		json_put_member(&f->line, "scopes", slice_of(scopes));
		buf_putc(&f->line, '}');
		if (!record_parse(&filled, buf_slice(&f->line), &reason, &at))
			filled = *rec;
	}
	pipe_pass_end(&f->pipe, &filled, &how);
}

/*
 * Die of an operand that can be no path of the API: it is a mistake, and
 * nothing is requested instead. One may be a whole URL, as in a `next`.
 */
static void check_path(struct fetch *f, const char *operand)
{
	struct slice path = slice_of(operand);
	struct buf url = BUF_INIT(URL_MAX);
	const char *why = NULL;
	struct error error;

	if (strstr(operand, "://") && *operand != '/') {
		/* Without a login the API is not known, and nothing is sent. */
		if (session_open(&f->session, &error))
			why = url_resolve(&f->session.api, path, &url);
		path = url_path(path);
	}
	if (!why)
		why = url_path_error(path);
	if (why)
		cli_die(EX_USAGE,
		    "not a path of the API: '%s': %s: a path is like /me or "
		    "'/me/playlists?limit=50'",
		    operand, why);
	buf_release(&url);
}

/* Requests named by their paths, instead of a stream. */
static void fetch_paths(struct fetch *f, char **paths)
{
	struct buf *b = &f->line;
	struct buf text = BUF_INIT(4 * URL_MAX);
	struct record rec;
	const char *reason;
	uint64_t number = 0;
	size_t at;

	f->pipe.source = "argument";
	/* A renewal may change them. */
	if (session_open(&f->session, &(struct error)ERROR_UNSET))
		store_scopes(f, slice_of(f->session.token.scope));
	for (char **path = paths; *path; path++)
		check_path(f, *path);
	for (; *paths && !f->out.err; paths++) {
		struct slice path = slice_of(*paths);

		buf_clear(b);
		if (**paths == '/' && strncmp(*paths, "/v1/", 4) != 0)
			buf_puts(b, "/v1");
		buf_put_slice(b, path);
		buf_clear(&text);
		buf_putc(&text, '{');
		json_put_member(&text, "type", SLICE("request"));
		json_put_member(&text, "endpoint",
		    slice_of(endpoint_of(url_path(buf_slice(b)))));
		json_put_member(&text, "url", buf_slice(b));
		buf_putc(&text, '}');
		if (text.failed ||
		    !record_parse(&rec, buf_slice(&text), &reason, &at))
			cli_die(EX_USAGE, "not a path: '%s'", *paths);
		rec.number = ++number;
		handle_request(f, &rec);
	}
	drain(f);
	send_limit(f);
	if (f->knows_scopes)
		report_scopes(f);
	buf_release(&text);
}

/* While requests are under way, input is read as it comes. */
static void filter_stream(struct fetch *f)
{
	enum pipe_result r;
	struct record rec;

	for (;;) {
		bool idle = scheduler_is_empty(&f->scheduler);

		r = pipe_next(&f->pipe, &rec, idle ? -1 : 0);
		if (r == PIPE_DONE)
			break;
		if (r == PIPE_TIMEOUT) {
			step(f, STDIN_FILENO);
			continue;
		}
		if (rec.type == RECORD_RUN)
			handle_run(f, &rec);
		else if (rec.type == RECORD_REQUEST)
			handle_request(f, &rec);
		else if (rec.type == RECORD_END)
			handle_end(f, &rec);
		else
			pipe_pass(&f->pipe, &rec);
	}
	drain(f);
}

/* A time limit; none at all would be a wait for ever. */
static int64_t read_limit(const char *option, const char *arg)
{
	int64_t ms = cli_duration(option, arg);

	if (ms < 1 || ms > MS_PER_DAY)
		cli_die(EX_USAGE, "%s: not from 1ms to 1d: '%s'", option, arg);
	return ms;
}

static const struct option longs[] = {
    {"account", required_argument, NULL, 'a'},
    {"token-file", required_argument, NULL, 't'},
    {"api", required_argument, NULL, 'A'},
    {"token-url", required_argument, NULL, 'T'},
    {"max-wait", required_argument, NULL, 'w'},
    {"retries", required_argument, NULL, 'r'},
    {"backoff", required_argument, NULL, 'b'},
    {"timeout", required_argument, NULL, 'l'},
    {"connect-timeout", required_argument, NULL, 'c'},
    {"parallel", required_argument, NULL, 'n'},
    {"max-body", required_argument, NULL, 'm'},
    {"max-pages", required_argument, NULL, 'p'},
    {"max-line", required_argument, NULL, 'L'},
    {"progress", no_argument, NULL, 'P'},
    {"client-id", required_argument, NULL, 'i'},
    {"scope", required_argument, NULL, 's'},
    {"port", required_argument, NULL, 'o'},
    {"no-browser", no_argument, NULL, 'N'},
    {"force", no_argument, NULL, 'f'},
    {"auth-url", required_argument, NULL, 'U'},
    {"table", no_argument, NULL, 'B'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* An option of one of the commands; false if it is none. */
static bool set_command_option(
    struct fetch_options *o, int which, const char *arg)
{
	struct login_options *l = &o->login;

	switch (which) {
	case 'i': l->client_id = arg; return true;
	case 's': login_add_scope(l, arg); return true;
	case 'o': l->port = (int)cli_number("--port", arg, 0, 65535); break;
	case 'N': l->no_browser = true; break;
	case 'f': l->force = true; break;
	case 'U': l->auth_url = arg; break;
	case 'B': o->table = true; break;
	default: return false;
	}
	return true;
}

static void set_option(void *ctx, int which, const char *arg)
{
	struct fetch_options *o = ctx;

	switch (which) {
	case 'a': o->account.name = arg; break;
	case 't': o->account.token_file = arg; break;
	case 'A': o->account.api = arg; break;
	case 'T': o->account.token_url = arg; break;
	case 'w': o->policy.max_wait = cli_duration("--max-wait", arg); break;
	case 'r':
		o->policy.retries = (int)cli_number("--retries", arg, 0, 100);
		break;
	case 'b': o->policy.backoff = read_limit("--backoff", arg); break;
	case 'l':
		o->limits.timeout = read_limit("--timeout", arg);
		o->login.timeout = o->limits.timeout;
		break;
	case 'c':
		o->limits.connect_timeout =
		    read_limit("--connect-timeout", arg);
		break;
	case 'n':
		o->parallel = (size_t)cli_number(
		    "--parallel", arg, 1, SCHEDULER_PARALLEL_MAX);
		break;
	case 'm':
		o->max_body = cli_size("--max-body", arg);
		if (o->max_body > LINES_BODY_MAX)
			cli_die(EX_USAGE,
			    "--max-body: more than %zu bytes, the most that "
			    "the other programs take: '%s'",
			    LINES_BODY_MAX, arg);
		break;
	case 'p':
		o->max_pages =
		    (uint64_t)cli_number("--max-pages", arg, 1, 1000000);
		break;
	case 'L': o->max_line = cli_size("--max-line", arg); break;
	case 'P': o->progress = true; break;
	case 'h': cli_usage(usage, true);
	case 'V': cli_version();
	default:
		if (!set_command_option(o, which, arg))
			cli_usage(usage, false);
	}
}

static const struct fetch_options defaults = {
    .login = {.scope = BUF_INIT(4096), .timeout = 300000},
    .limits = {.timeout = 60000,
	.connect_timeout = 10000,
	.user_agent = "sp/" SP_VERSION},
    .policy = {.report = report,
	.retries = 5,
	.backoff = 500,
	.max_wait = 60000},
    .parallel = 4,
    .max_body = (size_t)64 << 20,
    .max_line = LINES_MAX_DEFAULT,
    .max_pages = 10000,
};

static void set_up(
    struct fetch *f, const struct fetch_options *o, const char *path)
{
	*f = (struct fetch){
	    .o = o,
	    .started = clock_monotonic(),
	    .run_policy = {.report = report},
	};
	out_init(&f->out, STDOUT_FILENO, (size_t)1 << 16);
	pipe_init(&f->pipe, "sp-fetch", RECORD_REQUEST, STDIN_FILENO, &f->out,
	    o->max_line);
	f->pipe.on_refusal = on_refusal;
	f->pipe.on_drain = drain;
	f->pipe.on_truncated = cli_truncated;
	f->pipe.on_repaired = cli_refusal;
	f->pipe.ctx = f;
	f->transfer = transfer_new(&o->limits);
	if (!f->transfer)
		cli_die(EX_OSERR, "cannot start libcurl");
	transfer_skew(f->transfer)->report = report;
	f->run_policy.skew = transfer_skew(f->transfer);
	session_init(&f->session, path, f->transfer, &o->policy);
	f->session.api_url =
	    o->account.api ? o->account.api : account_env("SP_API");
	f->session.token_url = o->account.token_url
				   ? o->account.token_url
				   : account_env("SP_TOKEN_URL");
	f->scheduler = (struct scheduler){.client = &f->session.client,
	    .api = &f->session.api,
	    .parallel = o->parallel,
	    .max_pages = o->max_pages,
	    .max_body = o->max_body,
	    .may_send = may_send,
	    .on_result = on_result,
	    .ctx = f};
	scheduler_init(&f->scheduler);
	result_init(&f->result, o->max_body);
	/* In base 64, a body grows by a third. */
	f->line.max = o->max_body / 3 * 4 + ((size_t)1 << 20) + o->max_line;
	f->scratch.max = f->run_line.max = o->max_line;
	f->scopes.max = TOKEN_FILE_MAX;
	f->login = (struct buf)BUF_INIT(8192);
	buf_puts(&f->login, "sp-fetch login");
	account_put_option(&o->account, &f->login);
	f->run_policy.scopes = &f->session.token.scope;
	f->run_policy.login = buf_message(&f->login);
}

static void tear_down(struct fetch *f)
{
	transfer_free(f->transfer);
	scheduler_release(&f->scheduler);
	session_release(&f->session);
	result_release(&f->result);
	pipe_release(&f->pipe);
	out_release(&f->out);
	buf_release(&f->scratch);
	buf_release(&f->run_line);
	buf_release(&f->scopes);
	buf_release(&f->login);
	buf_release(&f->line);
}

/* Flush, and say how it all went; a failed write hides nothing else. */
static int finish(struct fetch *f)
{
	int status = pipe_finish(&f->pipe);

	cli_progress_end();
	if (f->unsent)
		cli_warn("requests not sent: %" PRIu64, f->unsent);
	if (f->pipe.in.err)
		cli_warn("stdin: cannot read: %s", strerror(f->pipe.in.err));
	if (!out_close(&f->out)) {
		cli_warn("stdout: cannot write: %s", strerror(f->out.err));
		return pipe_io_status(f->out.err);
	}
	if (status == EX_IOERR || status == EX_OSERR || !f->run_policy.status)
		return status;
	return f->run_policy.status;
}

static int login(struct fetch_options *o)
{
	return account_login(&o->account, &o->login);
}

static int accounts(struct fetch_options *o)
{
	return account_list(&o->account, o->table || stdout_is_terminal());
}

static int logout(struct fetch_options *o)
{
	return account_logout(&o->account);
}

/* The commands, with the codes of the options that each takes. */
static const struct fetch_command {
	const char *name; /* NULL: without one it fetches */
	const char *takes;
	int (*run)(struct fetch_options *);
} commands[] = {
    {"login", "atATUisolNf", login},
    {"accounts", "atB", accounts},
    {"logout", "at", logout},
    {NULL, "atATwrblcnmpLP", NULL},
};

static const struct fetch_command *command_named(const char *name)
{
	const struct fetch_command *c = commands;

	while (c->name && (!name || strcmp(c->name, name) != 0))
		c++;
	return c;
}

static int fetch(struct fetch_options *o, char **paths)
{
	struct buf path = BUF_INIT(4096);
	struct fetch f;
	int status;

	account_set_ca(&o->limits);
	set_up(&f, o, account_path(&o->account, &path));
	if (*paths)
		fetch_paths(&f, paths);
	else
		filter_stream(&f);
	status = finish(&f);
	tear_down(&f);
	buf_release(&path);
	return status;
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
	struct cli_given given = {.code = {false}};
	struct fetch_options o = defaults;
	const struct fetch_command *command;
	char **operands;
	int status;

	cli_init("sp-fetch");
	setrlimit(RLIMIT_CORE, &no_core); /* it would hold the token */
	operands = cli_options(argc, argv, "hV", longs, set_option, &o, &given);
	command = command_named(*operands);
	cli_check_given(&given, longs, command->name, command->takes);
	if (command->name && operands[1])
		cli_usage(usage, false);
	o.progress = cli_progress_wanted(o.progress);
	status = command->run ? command->run(&o) : fetch(&o, operands);
	buf_release(&o.login.scope);
	return status;
}
