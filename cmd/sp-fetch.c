/*
 * sp-fetch: asks the Web API for what the requests of a stream name, and
 * sends on what it answers, as captures. With paths as arguments, asks for
 * those.
 *
 * What keeps one request from being answered is that request's failure. What
 * keeps all of them from it (a login that has ended, a rate limit, a service
 * that is out) is a halt: nothing is asked any more, the requests that remain
 * are refused by name, and the end says how it went.
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
#include "http/request.h"
#include "http/session.h"
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
    "                [--max-body SIZE] [--max-pages N] [--max-line SIZE]\n"
    "                [--progress] [PATH ...]\n"
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
	size_t max_body, max_line;
	uint64_t max_pages;
	bool progress;
};

/* Why nothing is asked any more; exit 0 while there is no such thing. */
struct halt {
	struct trouble trouble;
	const char *code; /* short and fixed, for the ledger */
	bool run_only;	  /* over when the run is */
};

struct fetch {
	const struct options *o;
	struct stage stage;
	struct out out;
	struct transfer *transfer;
	struct session session;
	struct pages pages;
	struct answer answer;
	struct buf scratch, line;

	struct halt halt;
	char note[256];		/* what a run that goes well has to say */
	struct trouble failure; /* of the run, for its end; exit 0 for none */
	int status;		/* the program's, so far */
	int faults;		/* requests in a row without a usable answer */
	int64_t seq;		/* of the run's last capture */
	uint64_t unasked;	/* requests refused because of a halt */
	bool quiet;		/* on_refusal is not to speak */
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

/* The run did not go well; what halts it counts most, else what was first. */
static void fail_run(struct fetch *f, const struct trouble *t, bool halts)
{
	if (!f->failure.exit || halts)
		f->failure = *t;
	if (!f->status || halts)
		f->status = t->exit;
}

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
	f->halt = (struct halt){.trouble = *t, .code = halt_code(t->exit)};
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

/* Send a capture of the answer. */
static void send_capture(struct fetch *f, const struct request *r)
{
	const struct answer *a = &f->answer;
	const struct reply *reply = &a->reply;
	struct capture c = {.request = r,
	    .seq = ++f->seq,
	    .page = f->pages.number,
	    .kind = f->pages.kind,
	    .user = f->session.token.user_id,
	    .url = buf_slice(&f->pages.url),
	    .status = reply->status,
	    .fetched_at = reply->done_at};

	if (a->kind == ANSWER_LIMITED)
		c.retry_at = a->trouble.until;
	buf_clear(&f->line);
	if (!capture_put(&c, buf_slice(&reply->body), &f->line))
		cli_die(EX_OSERR, "out of memory");
	stage_produce(&f->stage, RECORD_CAPTURE, buf_slice(&f->line));
	f->captures++;
	f->bytes += reply->body.n;
}

/* The request came to nothing, or to less than was asked. */
static void refuse(struct fetch *f, const struct record *rec, const char *code)
{
	struct slice path = where(buf_cstr(&f->pages.url));

	stage_refuse(&f->stage, rec, code, "%.*s: %s", (int)path.n, path.p,
	    f->answer.trouble.why);
}

/* Refuse a request because of the halt, which has been told already. */
static void refuse_unasked(struct fetch *f, const struct record *rec)
{
	const struct trouble *t = &f->halt.trouble;

	f->quiet = true;
	stage_refuse(&f->stage, rec, f->halt.code, "not asked: %s", t->why);
	f->quiet = false;
	f->unasked++;
	/* A later run than the one that was halted fails of the same. */
	fail_run(f, t, false);
}

/* A request without a usable answer; some in a row are enough. */
static void count_fault(struct fetch *f)
{
	struct trouble out = f->answer.trouble;

	fail_run(f, &out, false);
	if (++f->faults < FAULTS_MAX)
		return;
	trouble_set(&out, EX_UNAVAILABLE,
	    "asking no more: %d requests in a row without an answer",
	    FAULTS_MAX);
	halt(f, &out, NULL);
}

/* The answer is none, or none that the rest of the request can build on. */
/*
 * A refusal that is an answer fails nothing. That the app may not have audio
 * features at all is said once, and in the run.
 */
static void note_refusal(
    struct fetch *f, const struct request *r, int status, const char *url)
{
	if (status != 403 || *f->note ||
	    !slice_is(r->endpoint, "audio-features"))
		return;
	snprintf(f->note, sizeof(f->note), "audio-features: %.200s",
	    f->answer.trouble.why);
	tell(NULL, url, f->answer.trouble.why);
}

static void take_failure(
    struct fetch *f, const struct record *rec, const struct request *r)
{
	const struct answer *a = &f->answer;
	const struct trouble *t = &a->trouble;
	const char *url = buf_cstr(&f->pages.url);
	int status = a->reply.status;

	switch (a->kind) {
	case ANSWER_NO_LOGIN:
		halt(f, t, url);
		refuse_unasked(f, rec);
		return;
	case ANSWER_LIMITED: halt(f, t, url); break;
	case ANSWER_DENIED:
		if (r->optional && (status == 403 || status == 404)) {
			note_refusal(f, r, status, url);
			break;
		}
		if (status == 403)
			halt(f, t, url);
		else
			tell(NULL, url, t->why);
		fail_run(f, t, false);
		break;
	case ANSWER_REDIRECT:
		refuse(f, rec, "redirect");
		fail_run(f, t, false);
		return;
	case ANSWER_NONE:
		refuse(f, rec, "no answer");
		count_fault(f);
		return;
	default: tell(NULL, url, t->why); count_fault(f);
	}
	stage_use(&f->stage, rec);
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

/* Ask for a request's pages, one after the other. */
static void ask(
    struct fetch *f, const struct record *rec, const struct request *r)
{
	enum pages_result more = PAGES_MORE;

	while (more == PAGES_MORE) {
		show_progress(f);
		/* What is there goes out before a wait; if it cannot, enough.
		 */
		if (!out_flush(&f->out))
			return;
		client_get(
		    &f->session.client, buf_cstr(&f->pages.url), &f->answer);
		if (f->answer.kind != ANSWER_NO_LOGIN &&
		    f->answer.kind != ANSWER_NONE)
			send_capture(f, r);
		if (f->answer.kind != ANSWER_GOOD) {
			take_failure(f, rec, r);
			return;
		}
		f->faults = 0;
		more = pages_next(&f->pages, buf_slice(&f->answer.reply.body));
	}
	if (more == PAGES_END) {
		stage_use(&f->stage, rec);
		return;
	}
	trouble_set(&f->answer.trouble, EX_UNAVAILABLE,
	    "its next page is refused: %s", f->pages.why);
	refuse(f, rec, "bad next page");
	fail_run(f, &f->answer.trouble, false);
}

static void take_request(struct fetch *f, const struct record *rec)
{
	struct request r;
	const char *why;

	buf_clear(&f->scratch);
	why = request_read(rec, &f->scratch, &r);
	if (why) {
		stage_refuse(&f->stage, rec, "bad request", "%s", why);
		return;
	}
	f->requests++;
	if (!know_user(f)) {
		refuse_unasked(f, rec);
		return;
	}
	if (pages_begin(&f->pages, r.url, r.paging) != PAGES_MORE) {
		stage_refuse(&f->stage, rec, "bad url", "'%.*s': %s",
		    (int)r.url.n, r.url.p, f->pages.why);
		return;
	}
	ask(f, rec, &r);
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
	const struct trouble *t = &f->failure;
	struct outcome how = {.exit = t->exit};

	snprintf(how.reason, sizeof(how.reason), "%.255s",
	    t->exit ? t->why : f->note);
	*f->note = '\0';
	if (t->until && !clock_format(t->until, how.until))
		*how.until = '\0';
	stage_pass_end(&f->stage, rec, &how);
	f->failure = (struct trouble){.exit = 0};
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
	buf_release(&text);
}

static void filter(struct fetch *f)
{
	struct record rec;

	while (stage_next(&f->stage, &rec, -1) == STAGE_RECORD)
		switch (rec.type) {
		case RECORD_RUN: take_run(f, &rec); break;
		case RECORD_REQUEST: take_request(f, &rec); break;
		case RECORD_END: take_end(f, &rec); break;
		default: stage_pass(&f->stage, &rec);
		}
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
	*f = (struct fetch){.o = o, .started = clock_monotonic()};
	if (!out_init(&f->out, STDOUT_FILENO, (size_t)1 << 16))
		cli_die(EX_OSERR, "out of memory");
	stage_init(&f->stage, "sp-fetch", RECORD_REQUEST, STDIN_FILENO, &f->out,
	    o->max_line);
	f->stage.on_refusal = on_refusal;
	f->stage.on_cut = cli_cut;
	f->stage.ctx = f;
	f->transfer = transfer_new(&o->limits);
	if (!f->transfer)
		cli_die(EX_UNAVAILABLE, "libcurl does not start");
	session_init(&f->session, path, f->transfer, &o->policy);
	f->session.api_url =
	    o->account.api ? o->account.api : account_setting("SP_API");
	f->session.token_url = o->account.token_url
				   ? o->account.token_url
				   : account_setting("SP_TOKEN_URL");
	pages_init(&f->pages, &f->session.api, o->max_pages);
	answer_init(&f->answer, o->max_body);
	f->scratch.max = o->max_line;
	/* A text of 64 KiB grows when quoted, a body never. */
	f->line.max = o->max_body + ((size_t)1 << 20) + o->max_line;
}

static void tear_down(struct fetch *f)
{
	session_release(&f->session);
	transfer_free(f->transfer);
	answer_release(&f->answer);
	pages_release(&f->pages);
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
