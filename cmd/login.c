/*
 * sp-fetch login: sends the user's browser to the login service, waits for it
 * to come back (or for its address to be pasted), and keeps what it brought.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "base/clock.h"
#include "browser.h"
#include "cli.h"
#include "http/callback.h"
#include "http/login.h"
#include "http/loopback.h"
#include "http/session.h"

/* What the jobs of sp-queue ask for, and no more; /me needs none. */
#define SCOPE_DEFAULT                                     \
	"user-read-recently-played playlist-read-private" \
	" playlist-read-collaborative user-follow-read"

/* After an answer of another login, how long the right one may take, in ms. */
#define STRANGE_TIME 3000

/* At the end, how long those who are there already may take, in ms. */
#define SEE_OFF_TIME 50

struct options {
	struct account *account;
	const char *client_id, *auth_url;
	struct buf scope;
	int port;
	int64_t timeout;
	bool no_browser, force;
};

/* A login that is waited for. */
struct waiting {
	struct loopback loopback;
	struct login *login;
	int64_t until;	  /* by clock_monotonic */
	int input;	  /* where an address may be pasted; -1 for nowhere */
	struct buf line;  /* that is being pasted */
	bool skip;	  /* the rest of the line, which is too long */
	bool strange;	  /* an answer of another login has been seen */
	struct buf value; /* the code, or the error */
	struct visitor *visitor; /* who waits for a page; NULL for nobody */
};

static void tell(void *ctx, const char *url, const char *what)
{
	(void)ctx;
	(void)url;
	cli_warn("%s", what);
}

static void add_scope(struct options *o, const char *arg)
{
	if (o->scope.n)
		buf_putc(&o->scope, ' ');
	for (const char *p = arg; *p; p++)
		buf_putc(&o->scope, *p == ',' ? ' ' : *p);
	if (o->scope.no_memory)
		cli_die(EX_OSERR, "no memory");
	if (!*arg || o->scope.failed)
		cli_die(EX_USAGE, "--scope: not a scope: '%s'", arg);
}

static void set_option(struct options *o, int which, const char *arg)
{
	switch (which) {
	case 'a': o->account->name = arg; break;
	case 't': o->account->token_file = arg; break;
	case 'A': o->account->api = arg; break;
	case 'T': o->account->token_url = arg; break;
	case 'U': o->auth_url = arg; break;
	case 'i': o->client_id = arg; break;
	case 's': add_scope(o, arg); break;
	case 'p': o->port = (int)cli_number("--port", arg, 0, 65535); break;
	case 'n': o->no_browser = true; break;
	case 'f': o->force = true; break;
	case 'l':
		o->timeout = cli_duration("--timeout", arg);
		if (o->timeout < 1 || o->timeout > 86400000)
			cli_die(EX_USAGE, "--timeout: not from 1ms to 1d: '%s'",
			    arg);
		break;
	case 'h': cli_usage(o->account->usage, true);
	case 'V': cli_version();
	default: cli_usage(o->account->usage, false);
	}
}

static void read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"account", required_argument, NULL, 'a'},
	    {"token-file", required_argument, NULL, 't'},
	    {"client-id", required_argument, NULL, 'i'},
	    {"scope", required_argument, NULL, 's'},
	    {"port", required_argument, NULL, 'p'},
	    {"no-browser", no_argument, NULL, 'n'},
	    {"timeout", required_argument, NULL, 'l'},
	    {"force", no_argument, NULL, 'f'},
	    {"auth-url", required_argument, NULL, 'U'},
	    {"token-url", required_argument, NULL, 'T'},
	    {"api", required_argument, NULL, 'A'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int which;

	optind = 1;
	while ((which = getopt_long(argc, argv, "+hV", longs, NULL)) != -1)
		set_option(o, which, optarg);
	if (optind < argc)
		cli_usage(o->account->usage, false);
	if (!o->scope.n)
		buf_puts(&o->scope, SCOPE_DEFAULT);
	if (!buf_cstr(&o->scope))
		cli_die(o->scope.no_memory ? EX_OSERR : EX_USAGE,
		    o->scope.no_memory ? "no memory" : "--scope: too long");
}

/* Whether it is what a form or an address can hold without surprises. */
static bool is_id(const char *text)
{
	size_t n = 0;

	while (text[n] > ' ' && text[n] <= '~')
		n++;
	return n > 0 && n < 256 && text[n] == '\0';
}

/* The client id: what was asked for, what is set, or what the file has. */
static void find_client_id(
    struct options *o, const char *path, struct buf *client_id)
{
	struct trouble trouble;
	struct token t;

	if (!o->client_id)
		o->client_id = account_setting("SP_CLIENT_ID");
	token_init(&t, path);
	if (!o->client_id && token_load(&t, &trouble) && t.client_id &&
	    buf_puts(client_id, t.client_id))
		o->client_id = buf_cstr(client_id);
	if (t.text.no_memory || client_id->no_memory)
		cli_die(EX_OSERR, "no memory");
	token_release(&t);
	if (!o->client_id)
		cli_die(EX_CONFIG,
		    "no client id: make an app at "
		    "https://developer.spotify.com/dashboard with the redirect "
		    "URI http://127.0.0.1/callback, and give its id by "
		    "--client-id ID or in SP_CLIENT_ID");
	if (!is_id(o->client_id))
		cli_die(EX_USAGE, "not a client id: '%s'", o->client_id);
}

/* See that the file can be replaced, before anybody logs in for it. */
static void check_file(const struct options *o, const char *path)
{
	struct trouble trouble;
	struct token t;

	token_init(&t, path);
	if (!token_lock_new(&t, o->force, &trouble) ||
	    !token_prepare(&t, &trouble)) {
		token_release(&t);
		cli_die(trouble.exit, "%s", trouble.why);
	}
	token_release(&t);
}

/* Say where to log in, and open it if there is a browser. */
static void invite(const struct options *o, const struct waiting *w)
{
	struct buf url = BUF_INIT(URL_MAX);
	const char *text;

	login_put_url(w->login, &url);
	text = buf_cstr(&url);
	if (url.no_memory)
		cli_die(EX_OSERR, "no memory");
	if (!text)
		cli_die(EX_USAGE,
		    "the login's address is longer than %zu bytes", URL_MAX);
	cli_warn("to log in, open this address in a browser on this machine:");
	fprintf(stderr, "%s\n", text);
	fflush(stderr);
	if (!o->no_browser && !browser_open(text))
		cli_warn("there is no browser here to open it with");
	if (w->input >= 0)
		cli_warn("or open it on another, let it end at a page that does"
			 " not load, and paste the address of that page here:");
	buf_release(&url);
}

/* An answer of another login; the right one may be on its way, yet. */
static void be_strange(struct waiting *w, bool pasted)
{
	int64_t soon = clock_monotonic() + STRANGE_TIME;

	cli_warn("refused an answer that is not of this login: "
		 "its state is wrong");
	w->strange = true;
	if (soon < w->until && !pasted)
		w->until = soon;
}

/* Take a line that was pasted; CALLBACK_NONE to go on waiting. */
static enum callback_kind take_line(struct waiting *w)
{
	enum callback_kind kind = callback_read_pasted(
	    buf_slice(&w->line), w->login->pkce.state, &w->value);

	if (w->value.no_memory)
		cli_die(EX_OSERR, "no memory");
	if (kind == CALLBACK_STRANGE)
		be_strange(w, true);
	else if (kind == CALLBACK_NONE && w->line.n > 0)
		cli_warn("that is no address that a login ends at: paste all "
			 "of it, from http:// on");
	token_wipe(w->line.p, w->line.n);
	buf_clear(&w->line);
	return kind == CALLBACK_STRANGE ? CALLBACK_NONE : kind;
}

/* Read what is being pasted, no more than is there. */
static enum callback_kind take_input(struct waiting *w)
{
	enum callback_kind kind = CALLBACK_NONE;
	char text[1024];
	ssize_t n = read(w->input, text, sizeof(text));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return kind;
	if (n <= 0) {
		w->input = -1;
		if (w->line.n > 0 && !w->skip)
			kind = take_line(w);
		/* Who pasted nothing better, and can no more, is done. */
		if (w->strange)
			w->until = clock_monotonic();
		return kind;
	}
	for (ssize_t i = 0; i < n && kind == CALLBACK_NONE; i++)
		if (text[i] != '\n') {
			w->skip = w->skip || !buf_putc(&w->line, text[i]);
			if (w->line.no_memory)
				cli_die(EX_OSERR, "no memory");
		} else if (w->skip) {
			cli_warn("that line is too long for an address");
			w->skip = false;
			buf_clear(&w->line);
		} else {
			kind = take_line(w);
		}
	token_wipe(text, sizeof(text));
	return kind;
}

/* Hear a visitor out; CALLBACK_NONE to go on waiting. */
static enum callback_kind take_visit(struct waiting *w, struct visitor *v)
{
	struct slice query;
	int status = callback_request(visitor_head(v), &query);
	enum callback_kind kind;

	if (status) {
		visitor_answer(v, status, "Nothing here",
		    "This is where a login ends, and nothing else.");
		return CALLBACK_NONE;
	}
	kind = callback_read(query, w->login->pkce.state, &w->value);
	if (w->value.no_memory)
		cli_die(EX_OSERR, "no memory");
	if (kind == CALLBACK_CODE || kind == CALLBACK_REFUSED) {
		w->visitor = v;
		return kind;
	}
	if (kind == CALLBACK_STRANGE)
		be_strange(w, false);
	visitor_answer(v, 400, "Not logged in",
	    kind == CALLBACK_STRANGE ? "This answer is not of the login that "
				       "was begun: its state is wrong."
				     : "This is no answer to a login.");
	return CALLBACK_NONE;
}

/* Wait for a code; false if there will be none. */
static bool wait_for_code(
    struct waiting *w, int64_t timeout, struct trouble *trouble)
{
	enum callback_kind kind = CALLBACK_NONE;
	struct visitor *v;

	while (kind == CALLBACK_NONE) {
		switch (loopback_wait(&w->loopback, w->input, w->until, &v)) {
		case LOOPBACK_REQUEST: kind = take_visit(w, v); break;
		case LOOPBACK_INPUT: kind = take_input(w); break;
		case LOOPBACK_FAILED:
			return trouble_set(trouble, EX_OSERR,
			    "cannot wait for the browser: %s", strerror(errno));
		case LOOPBACK_TIME:
			if (w->strange)
				return trouble_set(trouble, EX_NOPERM,
				    "not logged in: what came back is not "
				    "of this login, its state is wrong");
			return trouble_set(trouble, EX_UNAVAILABLE,
			    "nobody logged in within %" PRId64 " s; if the "
			    "browser showed an error instead, see that the "
			    "client id and the app's redirect URI are right",
			    (timeout + 999) / 1000);
		}
	}
	if (kind == CALLBACK_CODE)
		return true;
	if (slice_is(buf_slice(&w->value), "access_denied"))
		return trouble_set(trouble, EX_NOPERM,
		    "the consent was refused (access_denied)");
	return trouble_set(trouble, EX_NOPERM,
	    "the login service refuses the login (%.200s)",
	    buf_words(&w->value));
}

/* A scope that was not granted is better known now than at night. */
static void check_scopes(const struct options *o, const struct login *l)
{
	const char *p = buf_slice(&o->scope).p;

	for (size_t n; *p; p += n + (p[n] == ' ')) {
		n = strcspn(p, " ");
		if (n && !login_has_scope(l, (struct slice){p, n}))
			cli_warn("the scope '%.*s' was not granted", (int)n, p);
	}
}

static void tell_success(
    const struct login *l, const char *path, struct visitor *v)
{
	const char *user = l->token.user_id;
	bool lasts = l->token.refresh_token != NULL;
	struct buf text = BUF_INIT(8192);
	int64_t until = lasts ? token_ends(&l->token) : l->token.expires_at;
	char ends[CLOCK_TEXT];

	if (!until || !clock_format(until, ends))
		snprintf(ends, sizeof(ends), "some time");
	else
		strcpy(ends + (lasts ? 10 : 16), lasts ? "" : "Z");
	buf_printf(&text,
	    "You are logged in as %.200s, until %s. sp-fetch is done here: "
	    "you can close this window.",
	    user, ends);
	if (v)
		visitor_answer(v, 200, "Logged in", buf_words(&text));
	cli_warn("logged in as '%s' until %s: '%s'", user, ends, path);
	if (!lasts)
		cli_warn("the service gives no refresh_token: log in again "
			 "after that");
	buf_release(&text);
}

/* The trouble as a sentence, for the browser. */
static void tell_failure(const struct trouble *t, struct visitor *v)
{
	char text[sizeof(t->why) + 64];

	snprintf(text, sizeof(text),
	    "%s. Nothing was kept; to try again, run sp-fetch login.", t->why);
	if (*text >= 'a' && *text <= 'z')
		*text = (char)(*text - 'a' + 'A');
	visitor_answer(
	    v, t->exit == EX_NOPERM ? 403 : 502, "Not logged in", text);
}

/* Answer those who have come meanwhile, like a second tab. */
static void see_off(struct loopback *l)
{
	int64_t until = clock_monotonic() + SEE_OFF_TIME;
	struct visitor *v;

	while (loopback_wait(l, -1, until, &v) == LOOPBACK_REQUEST)
		visitor_answer(v, 404, "Nothing here",
		    "A login has ended here, in another window.");
}

/* From the invitation to the token file; an exit status. */
static int log_in(const struct options *o, struct login *l, struct waiting *w,
    const char *path)
{
	struct trouble trouble;
	bool ok;

	ok = login_begin(l, &trouble);
	if (ok) {
		invite(o, w);
		ok = wait_for_code(w, o->timeout, &trouble) &&
		     login_redeem(l, buf_cstr(&w->value), &trouble) &&
		     login_keep(l, path, o->force, &trouble);
	}
	if (ok) {
		tell_success(l, path, w->visitor);
		check_scopes(o, l);
		return 0;
	}
	if (w->visitor)
		tell_failure(&trouble, w->visitor);
	cli_warn("%s", trouble.why);
	return trouble.exit;
}

/* Where a line may be pasted: from a person, or as was said. */
static int input_of(const struct options *o)
{
	return o->no_browser || isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
}

/* Where a service is: as was said, as is set, or where it usually is. */
static const char *service(
    const char *said, const char *variable, const char *usual)
{
	const char *set = said ? said : account_setting(variable);

	return set ? set : usual;
}

static void set_services(struct options *o, struct login *l)
{
	const struct account *a = o->account;

	l->client_id = o->client_id;
	l->scope = buf_cstr(&o->scope);
	l->auth_url = service(o->auth_url, "SP_AUTH_URL", SESSION_AUTH_URL);
	l->token_url = service(a->token_url, "SP_TOKEN_URL", SESSION_TOKEN_URL);
	l->api_url = service(a->api, "SP_API", SESSION_API);
}

int account_login(struct account *a, int argc, char **argv)
{
	struct transfer_limits limits = {.timeout = 60000,
	    .connect_timeout = 10000,
	    .user_agent = "sp/" SP_VERSION};
	static const struct retry_policy policy = {
	    .tell = tell, .retries = 5, .backoff = 500, .max_wait = 60000};
	struct options o = {.account = a,
	    .client_id = NULL,
	    .scope = BUF_INIT(4096),
	    .timeout = 300000};
	struct buf path = BUF_INIT(4096), client_id = BUF_INIT(4096);
	struct waiting w = {
	    .line = BUF_INIT(CALLBACK_MAX), .value = BUF_INIT(CALLBACK_MAX)};
	struct login l = {.policy = &policy};
	const char *file;
	int status;

	read_options(&o, argc, argv);
	account_trust(&limits);
	file = account_path(a, &path);
	find_client_id(&o, file, &client_id);
	check_file(&o, file);
	if (!loopback_open(&w.loopback, o.port))
		cli_die(EX_UNAVAILABLE, "127.0.0.1:%d: cannot listen: %s",
		    o.port, strerror(errno));
	set_services(&o, &l);
	l.port = w.loopback.port;
	l.transfer = transfer_new(&limits);
	if (!l.transfer)
		cli_die(EX_OSERR, "libcurl does not start: no memory?");
	w.login = &l;
	w.input = input_of(&o);
	w.until = clock_monotonic() + o.timeout;
	status = log_in(&o, &l, &w, file);
	see_off(&w.loopback);
	loopback_close(&w.loopback);
	login_release(&l);
	transfer_free(l.transfer);
	buf_release(&w.line);
	if (w.value.p)
		token_wipe(w.value.p, w.value.n);
	buf_release(&w.value);
	buf_release(&o.scope);
	buf_release(&client_id);
	buf_release(&path);
	return status;
}
