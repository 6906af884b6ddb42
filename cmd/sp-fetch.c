/*
 * sp-fetch: asks the Web API for what the requests of a stream name, and
 * sends on what it answers, as captures. With paths as arguments, asks for
 * those.
 *
 * What keeps one request from being answered is that request's failure. A
 * rate limit keeps those of its bucket from it, and what keeps all of them (a
 * login that has ended, a service that is out) is a halt: what may not be
 * asked any more is refused by name, and the end says how it went.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "account.h"
#include "base/clock.h"
#include "cli.h"
#include "http/limits.h"
#include "http/session.h"
#include "http/window.h"
#include "json/json.h"

/* So many requests in a row without a usable answer: the service is out. */
#define FAULTS_MAX 3

/* How long before a login ends it is said so, once a run. */
#define WARN_DAYS 14
#define DAY_MS ((int64_t)86400000)

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

struct options {
	struct account account;
	struct transfer_limits limits;
	struct retry_policy policy;
	size_t parallel, max_body, max_line;
	uint64_t max_pages;
	bool progress;
};

/* Why nothing is asked any more; exit 0 while there is no such thing. */
struct halt {
	struct trouble trouble;
	bool run_only; /* over when the run is */
};

struct fetch {
	const struct options *o;
	struct stage stage;
	struct out out;
	struct transfer *transfer;
	struct session session;
	struct window window;
	struct answer answer; /* about the user */
	struct buf scratch, line;

	struct halt halt;
	struct limits limits;
	unsigned limited;	/* buckets of which the run was kept back */
	char note[256];		/* what a run that goes well has to say */
	struct trouble failure; /* of the run, for its end; exit 0 for none */
	int status;		/* the program's, so far */
	int faults;		/* requests in a row without a usable answer */
	int64_t seq;		/* of the run's last capture */
	uint64_t unasked;	/* requests refused without being asked */
	bool quiet;		/* on_refusal is not to speak */
	bool terminal;		/* stdout is one */
	bool warned;		/* that the login is about to end */

	uint64_t requests, captures, bytes; /* for progress */
	int64_t started;
};

/* Path and query of what was asked, cut for a message. */
static struct slice where(const char *url)
{
	struct slice path = url_path(slice_of(url));

	if (path.n > 100)
		path.n = 100;
	return path;
}

static void tell(void *ctx, const char *url, const char *what)
{
	struct slice path = url ? where(url) : SLICE("");

	(void)ctx;
	cli_warn("%.*s%s%s", (int)path.n, path.p, url ? ": " : "", what);
}

static void on_refusal(void *ctx, const struct refusal *r)
{
	const struct fetch *f = ctx;

	if (!f->quiet)
		cli_refusal(NULL, r);
}

/* The run did not go well; a halt counts most, then a limit, then the first. */
static void fail_run(struct fetch *f, const struct trouble *t, bool counts)
{
	if (!f->failure.exit || counts)
		f->failure = *t;
	if (!f->status || counts)
		f->status = t->exit;
}

/* A limit keeps requests of the run from being asked, or answered. */
static void keep_back(struct fetch *f, size_t bucket, const struct trouble *t)
{
	f->limited |= LIMITS_BIT(bucket);
	fail_run(f, t, !f->halt.trouble.exit);
}

/* Why nothing is asked, short and fixed, for the ledger. */
static const char *halt_code(int status)
{
	switch (status) {
	case EX_TEMPFAIL: return "come back later";
	case EX_NOPERM: return "log in first";
	case EX_UNAVAILABLE: return "service unavailable";
	case EX_CONFIG: return "configuration";
	default: return "cannot go on";
	}
}

/* Ask nothing any more, and say why, once. */
static void halt(struct fetch *f, const struct trouble *t, const char *url)
{
	f->halt = (struct halt){.trouble = *t};
	tell(NULL, url, t->why);
	fail_run(f, t, true);
}

/* Say, once, that a new login will be needed. */
static void warn_of_end(struct fetch *f)
{
	int64_t ends = token_ends(&f->session.token), left = ends - clock_now();
	struct buf option = BUF_INIT(8192);
	char day[CLOCK_TEXT];

	if (f->warned || !ends || left > WARN_DAYS * DAY_MS ||
	    !clock_format(ends, day))
		return;
	f->warned = true;
	account_put_option(&f->o->account, &option);
	cli_warn("the login of '%s' %s on %.10s: sp-fetch login%s",
	    f->session.token.user_id, left > 0 ? "ends" : "ended", day,
	    option.n ? buf_cstr(&option) : "");
	buf_release(&option);
}

/* Know whose login it is; false if nothing can be asked. */
static bool know_user(struct fetch *f)
{
	struct trouble trouble;

	if (f->halt.trouble.exit)
		return false;
	if (!session_know_user(&f->session, &f->answer, &trouble)) {
		halt(f, &trouble, NULL);
		return false;
	}
	warn_of_end(f);
	return true;
}

/* Refuse a request because of a halt or a limit, which was told already. */
static void refuse_unasked(struct ask *a, const struct trouble *t)
{
	ask_refuse(a, halt_code(t->exit), "not asked: %s", t->why);
	a->unasked = true;
}

/* For window.may_ask. */
static bool may_ask(void *ctx, struct ask *a)
{
	struct fetch *f = ctx;
	size_t bucket = bucket_of(a->request.endpoint);
	const struct trouble *limit;

	if (!know_user(f)) {
		/* A later run than the one that was halted fails of it too. */
		fail_run(f, &f->halt.trouble, false);
		refuse_unasked(a, &f->halt.trouble);
		return false;
	}
	limit = limits_of(&f->limits, bucket);
	if (!limit)
		return true;
	keep_back(f, bucket, limit);
	refuse_unasked(a, limit);
	return false;
}

/* Ask nothing of a bucket any more, and say why. */
static void take_limit(struct fetch *f, const struct ask *a, const char *url)
{
	const struct trouble *t = &a->answer.trouble;
	size_t bucket = bucket_of(a->request.endpoint);

	limits_set(&f->limits, bucket, a->answer.account, t);
	tell(NULL, url, t->why);
	keep_back(f, bucket, t);
}

/* A request without a usable answer; some in a row are enough. */
static void count_fault(struct fetch *f, const struct trouble *t)
{
	struct trouble out;

	fail_run(f, t, false);
	if (++f->faults < FAULTS_MAX)
		return;
	trouble_set(&out, EX_UNAVAILABLE,
	    "asking no more: %d requests in a row without an answer",
	    FAULTS_MAX);
	halt(f, &out, NULL);
}

/*
 * A refusal that is an answer fails nothing. That the app may not have audio
 * features at all is said once, and in the run.
 */
static void note_refusal(struct fetch *f, const struct ask *a)
{
	const char *why = a->answer.trouble.why;

	if (a->answer.reply.status != 403 || *f->note ||
	    !slice_is(a->request.endpoint, "audio-features"))
		return;
	snprintf(f->note, sizeof(f->note), "audio-features: %.200s", why);
	tell(NULL, a->get.url, why);
}

/* Refuse a request that came to nothing, or to less than was asked. */
static void refuse(struct ask *a, const char *code, const char *why)
{
	struct slice path = where(a->get.url);

	ask_refuse(a, code, "%.*s: %s", (int)path.n, path.p, why);
}

/* The answer is none, or none that the rest of the request can build on. */
static void take_failure(struct fetch *f, struct ask *a)
{
	const struct trouble *t = &a->answer.trouble;
	const char *url = a->get.url;
	int status = a->answer.reply.status;

	switch (a->answer.kind) {
	case ANSWER_NO_LOGIN:
		halt(f, t, url);
		refuse_unasked(a, t);
		break;
	case ANSWER_LIMITED: take_limit(f, a, url); break;
	case ANSWER_DENIED:
		if (a->request.optional && (status == 403 || status == 404)) {
			note_refusal(f, a);
			break;
		}
		if (status == 403)
			halt(f, t, url);
		else
			tell(NULL, url, t->why);
		fail_run(f, t, false);
		break;
	case ANSWER_REDIRECT:
		refuse(a, "redirect", t->why);
		fail_run(f, t, false);
		break;
	case ANSWER_NONE:
		refuse(a, "no answer", t->why);
		count_fault(f, t);
		break;
	default: tell(NULL, url, t->why); count_fault(f, t);
	}
}

/* For window.on_answer. */
static void on_answer(void *ctx, struct ask *a)
{
	struct fetch *f = ctx;
	struct trouble chain;

	if (a->answer.kind != ANSWER_GOOD) {
		take_failure(f, a);
		return;
	}
	f->faults = 0;
	if (!a->code)
		return;
	trouble_set(&chain, EX_UNAVAILABLE, "%.480s", a->why);
	fail_run(f, &chain, false);
}

/*
 * On a terminal, what controls it and may stand in JSON as it is (DEL, and C1
 * in UTF-8) is written as JSON escapes; below 0x20 it always is.
 */
static struct slice for_terminal(struct fetch *f, struct slice line)
{
	struct buf *b = &f->scratch;

	buf_clear(b);
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];
		unsigned char next =
		    i + 1 < line.n ? (unsigned char)line.p[i + 1] : 0;

		if (c == 0x7f)
			buf_puts(b, "\\u007f");
		else if (c == 0xc2 && next < 0xa0)
			buf_printf(b, "\\u%04x", line.p[++i] & 0xffU);
		else
			buf_putc(b, line.p[i]);
	}
	if (b->failed)
		cli_die(EX_OSERR, "out of memory");
	return buf_slice(b);
}

static void send_capture(
    struct fetch *f, const struct ask *a, const struct page *page)
{
	struct capture c = {.request = &a->request,
	    .seq = ++f->seq,
	    .page = page->number,
	    .kind = page->kind,
	    .user = f->session.token.user_id,
	    .url = buf_slice(&page->url),
	    .status = page->status,
	    .fetched_at = page->fetched_at,
	    .retry_at = page->retry_at};
	struct slice line;

	buf_clear(&f->line);
	if (!capture_put(&c, buf_slice(&page->body), &f->line))
		cli_die(EX_OSERR, "out of memory");
	line = buf_slice(&f->line);
	if (f->terminal)
		line = for_terminal(f, line);
	stage_produce(&f->stage, RECORD_CAPTURE, line);
	f->captures++;
	f->bytes += page->body.n;
}

/* A request is through: it was used, or is refused. */
static void conclude(struct fetch *f, const struct ask *a)
{
	uint64_t number = f->stage.in.number;

	if (!a->code) {
		stage_use(&f->stage, &a->record);
		return;
	}
	f->stage.in.number = a->number;
	f->quiet = a->unasked;
	stage_refuse(&f->stage, &a->record, a->code, "%s", a->why);
	f->quiet = false;
	f->unasked += a->unasked;
	f->stage.in.number = number;
}

/* Send what has come, as far as nothing before it is still to come. */
static void send_ready(struct fetch *f)
{
	struct ask *a;
	struct page *page;

	while ((a = window_first(&f->window))) {
		while ((page = ask_take_page(a))) {
			send_capture(f, a, page);
			page_free(page);
		}
		if (!a->ended)
			return;
		conclude(f, a);
		window_pop(&f->window);
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

/* Go on with the requests, until something happens or `fd` can be read. */
static void go_on(struct fetch *f, int fd)
{
	show_progress(f);
	/* What is there goes out before a wait; if it cannot, enough. */
	if (!out_flush(&f->out))
		return;
	window_turn(&f->window, fd);
	send_ready(f);
}

/* Bring the requests that were taken in to their end. */
static void settle(void *ctx)
{
	struct fetch *f = ctx;

	while (!window_is_empty(&f->window) && !f->out.err)
		go_on(f, -1);
}

static void take_request(struct fetch *f, const struct record *rec)
{
	f->requests++;
	if (!window_add(&f->window, rec, f->stage.in.number))
		cli_die(EX_OSERR, "out of memory");
	while (window_is_full(&f->window) && !f->out.err)
		go_on(f, -1);
}

/* Pass a run on with its user filled in. */
static void pass_filled(struct fetch *f, const struct record *rec)
{
	static const char *const but[] = {"user", NULL};
	struct record filled = *rec;

	buf_clear(&f->line);
	record_put_members(rec, but, &f->line);
	json_put_member(&f->line, "user", slice_of(f->session.token.user_id));
	if (!buf_putc(&f->line, '}'))
		cli_die(EX_OSERR, "out of memory");
	filled.line = buf_slice(&f->line);
	stage_pass(&f->stage, &filled);
}

static void take_run(struct fetch *f, const struct record *rec)
{
	struct trouble trouble;
	struct slice user = {NULL, 0};

	f->failure = (struct trouble){.exit = 0};
	f->limited = 0;
	f->seq = 0;
	if (!know_user(f)) {
		stage_pass(&f->stage, rec);
		return;
	}
	buf_clear(&f->scratch);
	if (!record_string(rec, "user", &f->scratch, &user) || !user.p) {
		pass_filled(f, rec);
		return;
	}
	if (!slice_is(user, f->session.token.user_id)) {
		trouble_set(&trouble, EX_CONFIG,
		    "run %s: it is of user '%.*s', and the login of user '%s'",
		    f->stage.run, (int)user.n, user.p,
		    f->session.token.user_id);
		halt(f, &trouble, NULL);
		f->halt.run_only = true;
	}
	stage_pass(&f->stage, rec);
}

static void take_end(struct fetch *f, const struct record *rec)
{
	struct trouble *t = &f->failure;
	struct outcome how;

	if (f->limited && !f->halt.trouble.exit)
		limits_sum(&f->limits, f->limited, t);
	how = (struct outcome){.exit = t->exit};
	snprintf(
	    how.reason, sizeof(how.reason), "%s", t->exit ? t->why : f->note);
	*f->note = '\0';
	if (t->until && !clock_format(t->until, how.until))
		*how.until = '\0';
	stage_pass_end(&f->stage, rec, &how);
	*t = (struct trouble){.exit = 0};
	f->limited = 0;
	if (f->halt.run_only)
		f->halt = (struct halt){.run_only = false};
}

/* Requests named by their paths, instead of a stream. */
static void look(struct fetch *f, char **paths)
{
	struct buf *b = &f->line;
	struct buf text = BUF_INIT(4 * URL_MAX);
	struct record rec;
	const char *reason;
	size_t at;

	f->stage.source = "argument";
	for (; *paths && !f->out.err; paths++) {
		struct slice path = slice_of(*paths);

		buf_clear(b);
		if (!strstr(*paths, "://") && strncmp(*paths, "/v1/", 4) != 0)
			buf_puts(b, **paths == '/' ? "/v1" : "/v1/");
		buf_put_slice(b, path);
		buf_clear(&text);
		buf_putc(&text, '{');
		json_put_member(&text, "type", SLICE("request"));
		json_put_member(&text, "endpoint",
		    slice_of(endpoint_of(url_path(buf_slice(b)))));
		json_put_member(&text, "url", buf_slice(b));
		buf_putc(&text, '}');
		f->stage.in.number++;
		if (text.failed ||
		    !record_parse(&rec, buf_slice(&text), &reason, &at))
			cli_die(EX_USAGE, "not a path: '%s'", *paths);
		take_request(f, &rec);
	}
	settle(f);
	buf_release(&text);
}

/* While requests are under way, input is read as it comes. */
static void filter(struct fetch *f)
{
	enum stage_result r;
	struct record rec;

	for (;;) {
		bool idle = window_is_empty(&f->window);

		r = stage_next(&f->stage, &rec, idle ? -1 : 0);
		if (r == STAGE_DONE)
			break;
		if (r == STAGE_TIMEOUT)
			go_on(f, STDIN_FILENO);
		else if (rec.type == RECORD_RUN)
			take_run(f, &rec);
		else if (rec.type == RECORD_REQUEST)
			take_request(f, &rec);
		else if (rec.type == RECORD_END)
			take_end(f, &rec);
		else
			stage_pass(&f->stage, &rec);
	}
	settle(f);
}

/* A time limit; none at all would be a wait for ever. */
static int64_t read_limit(const char *option, const char *arg)
{
	int64_t ms = cli_duration(option, arg);

	if (ms < 1 || ms > 86400000)
		cli_die(EX_USAGE, "%s: not from 1ms to 1d: '%s'", option, arg);
	return ms;
}

static void set_option(struct options *o, int which, const char *arg)
{
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
	case 'l': o->limits.timeout = read_limit("--timeout", arg); break;
	case 'c':
		o->limits.connect_timeout =
		    read_limit("--connect-timeout", arg);
		break;
	case 'n':
		o->parallel = (size_t)cli_number(
		    "--parallel", arg, 1, WINDOW_PARALLEL_MAX);
		break;
	case 'm': o->max_body = cli_size("--max-body", arg); break;
	case 'p':
		o->max_pages =
		    (uint64_t)cli_number("--max-pages", arg, 1, 1000000);
		break;
	case 'L': o->max_line = cli_size("--max-line", arg); break;
	case 'P': o->progress = true; break;
	case 'h': cli_usage(usage, true);
	case 'V': cli_version();
	default: cli_usage(usage, false);
	}
}

/* Returns the first argument that is none of them. */
static char **read_options(struct options *o, int argc, char **argv)
{
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
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int which;

	*o = (struct options){
	    .account = {.usage = usage},
	    .limits = {.timeout = 60000,
		.connect_timeout = 10000,
		.user_agent = "sp/" SP_VERSION},
	    .policy = {.tell = tell,
		.retries = 5,
		.backoff = 500,
		.max_wait = 60000},
	    .parallel = 4,
	    .max_body = (size_t)64 << 20,
	    .max_line = LINES_MAX_DEFAULT,
	    .max_pages = 10000,
	};
	while ((which = getopt_long(argc, argv, "+hV", longs, NULL)) != -1)
		set_option(o, which, optarg);
	o->progress = cli_progress_wanted(o->progress);
	return argv + optind;
}

static void set_up(struct fetch *f, const struct options *o, const char *path)
{
	*f = (struct fetch){.o = o,
	    .started = clock_monotonic(),
	    .terminal = isatty(STDOUT_FILENO) == 1};
	if (!out_init(&f->out, STDOUT_FILENO, (size_t)1 << 16))
		cli_die(EX_OSERR, "out of memory");
	stage_init(&f->stage, "sp-fetch", RECORD_REQUEST, STDIN_FILENO, &f->out,
	    o->max_line);
	f->stage.on_refusal = on_refusal;
	f->stage.on_other = settle;
	f->stage.on_cut = cli_cut;
	f->stage.ctx = f;
	f->transfer = transfer_new(&o->limits);
	if (!f->transfer)
		cli_die(EX_OSERR, "libcurl does not start");
	session_init(&f->session, path, f->transfer, &o->policy);
	f->session.api_url =
	    o->account.api ? o->account.api : account_setting("SP_API");
	f->session.token_url = o->account.token_url
				   ? o->account.token_url
				   : account_setting("SP_TOKEN_URL");
	f->window = (struct window){.client = &f->session.client,
	    .api = &f->session.api,
	    .parallel = o->parallel,
	    .max_pages = o->max_pages,
	    .max_body = o->max_body,
	    .may_ask = may_ask,
	    .on_answer = on_answer,
	    .ctx = f};
	if (!window_init(&f->window))
		cli_die(EX_OSERR, "out of memory");
	answer_init(&f->answer, o->max_body);
	/* A text of 64 KiB grows when quoted, a body never. */
	f->line.max = o->max_body + ((size_t)1 << 20) + o->max_line;
	/* Six bytes for one, on a terminal. */
	f->scratch.max =
	    f->line.max < SIZE_MAX / 6 ? 6 * f->line.max : SIZE_MAX;
}

static void tear_down(struct fetch *f)
{
	transfer_free(f->transfer);
	window_release(&f->window);
	session_release(&f->session);
	answer_release(&f->answer);
	stage_release(&f->stage);
	out_release(&f->out);
	buf_release(&f->scratch);
	buf_release(&f->line);
}

/* Flush, and say how it all went; a failed write hides nothing else. */
static int finish(struct fetch *f)
{
	int status = stage_finish(&f->stage);

	cli_progress_end();
	if (f->unasked)
		cli_warn("requests not asked: %" PRIu64, f->unasked);
	if (f->stage.in.err)
		cli_warn("stdin: cannot read: %s", strerror(f->stage.in.err));
	if (!out_close(&f->out)) {
		cli_warn("stdout: cannot write: %s", strerror(f->out.err));
		return stage_io_status(f->out.err);
	}
	return status != EX_IOERR && status != EX_OSERR && f->status ? f->status
								     : status;
}

/* The commands, which have options of their own; false if it is none. */
static bool command(struct options *o, char *self, char **argv, int *status)
{
	static const struct {
		const char *name;
		int (*run)(struct account *, int argc, char **argv);
	} commands[] = {{"login", account_login}, {"accounts", account_list},
	    {"logout", account_logout}};
	int argc = 0;

	while (argv[argc])
		argc++;
	for (size_t i = 0; argc && i < sizeof(commands) / sizeof(*commands);
	     i++)
		if (strcmp(*argv, commands[i].name) == 0) {
			*argv = self; /* for getopt's messages */
			*status = commands[i].run(&o->account, argc, argv);
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
	struct buf path = BUF_INIT(4096);
	struct options o;
	struct fetch f;
	char **paths;
	int status;

	cli_init("sp-fetch");
	setrlimit(RLIMIT_CORE, &no_core); /* it would hold the token */
	paths = read_options(&o, argc, argv);
	if (command(&o, argv[0], paths, &status))
		return status;
	set_up(&f, &o, account_path(&o.account, &path));
	if (*paths)
		look(&f, paths);
	else
		filter(&f);
	status = finish(&f);
	tear_down(&f);
	buf_release(&path);
	return status;
}
