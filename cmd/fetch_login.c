/*
 * sp-fetch login: opens the login service in the user's browser, waits for the
 * callback (or for its address to be pasted), and stores the token.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "api/login.h"
#include "api/session.h"
#include "auth/callback.h"
#include "auth/loopback.h"
#include "auth/secret.h"
#include "auth/token_file.h"
#include "base/clock.h"
#include "cli.h"
#include "fetch_account.h"
#include "local_time.h"
#include "spotify/endpoint.h"
#include "spotify/scopes.h"

/* How long to respond to other tabs after the login, ms. */
#define LATE_TAB_TIME 50

/* Waits for the callback of a login. */
struct callback_wait {
	struct loopback loopback;
	struct login *login;
	int64_t until;	  /* by clock_monotonic */
	int input;	  /* where an address may be pasted, or -1 */
	struct buf line;  /* being pasted */
	bool skip;	  /* the rest of the line, which is too long */
	bool warned;	  /* of a callback with the wrong state */
	struct buf value; /* the code, or the error */
	struct connection *browser; /* to be sent the result page; or NULL */
};

static void report(void *ctx, const char *url, const char *what)
{
	(void)ctx;
	(void)url;
	cli_warn("%s", what);
}

void login_add_scope(struct login_options *o, const char *arg)
{
	if (o->scope.n)
		buf_putc(&o->scope, ' ');
	for (const char *p = arg; *p; p++)
		buf_putc(&o->scope, *p == ',' ? ' ' : *p);
	if (!*arg || o->scope.failed)
		cli_die(EX_USAGE, "--scope: not a scope: '%s'", arg);
}

/* The scopes to ask for, as a C string. */
static void complete_scope(struct login_options *o)
{
	if (!o->scope.n)
		endpoints_put_scopes(&o->scope);
	if (!buf_cstr(&o->scope))
		cli_die(EX_USAGE, "--scope: too long");
}

/* Whether it is printable ASCII without spaces. */
static bool is_id(const char *text)
{
	size_t n = 0;

	while (text[n] > ' ' && text[n] <= '~')
		n++;
	return n > 0 && n < 256 && text[n] == '\0';
}

/* The client id: from the option, the environment, or the token file. */
static void find_client_id(
    struct login_options *o, const char *path, struct buf *client_id)
{
	struct error error = ERROR_UNSET;
	struct token t = {.client_id = NULL};

	if (!o->client_id)
		o->client_id = account_env("SP_CLIENT_ID");
	if (!o->client_id && token_read(path, &t, &error) && t.client_id &&
	    buf_puts(client_id, t.client_id))
		o->client_id = buf_cstr(client_id);
	token_release(&t);
	if (!o->client_id)
		cli_die(EX_CONFIG,
		    "no client id: "
		    "make an app at https://developer.spotify.com/dashboard, "
		    "with the redirect URI http://127.0.0.1/callback, "
		    "and give its id by --client-id ID or in SP_CLIENT_ID");
	if (!is_id(o->client_id))
		cli_die(EX_USAGE, "not a client id: '%s'", o->client_id);
}

/* Check that the token file can be replaced, before the user logs in. */
static void check_file(const struct login_options *o, const char *path)
{
	struct error error = ERROR_UNSET;
	struct token_file f;
	struct token t = {.client_id = NULL};
	bool ok;

	token_file_init(&f, path);
	ok = token_file_lock_new(&f, &t, o->force, &error) &&
	     token_file_prepare(&f, &error);
	token_file_release(&f);
	token_release(&t);
	if (!ok)
		cli_die(error.exit, "%s", error.why);
}

/* Print the login address, and open it in a browser if there is one. */
static void show_url(
    const struct login_options *o, const struct callback_wait *w)
{
	struct buf url = BUF_INIT(URL_MAX);
	const char *text;

	login_put_url(w->login, &url);
	text = buf_cstr(&url);
	if (!text)
		cli_die(EX_USAGE,
		    "the login's address is longer than %zu bytes", URL_MAX);
	cli_warn("to log in, open this address in a browser on this machine:");
	fprintf(stderr, "%s\n", text);
	fflush(stderr);
	if (!o->no_browser && !browser_open(text))
		cli_warn("there is no browser here to open it with");
	if (w->input >= 0)
		cli_warn("on another machine the last page will not load: "
			 "paste its address here");
	buf_release(&url);
}

/* Handle a pasted line; CALLBACK_NONE to wait for another. */
static enum callback_kind handle_line(struct callback_wait *w)
{
	enum callback_kind kind = callback_parse_pasted(
	    buf_slice(&w->line), w->login->pkce.state, &w->value);

	if (kind == CALLBACK_WRONG_STATE)
		cli_warn(
		    "ignored an address with the wrong state, of another login: "
		    "paste the one that this login ended at");
	else if (kind == CALLBACK_NONE && w->line.n > 0)
		cli_warn(
		    "not a callback address: paste all of it, from http:// on");
	secret_clear(&w->line);
	return kind == CALLBACK_WRONG_STATE ? CALLBACK_NONE : kind;
}

/* Read pasted input that is available. */
static enum callback_kind handle_input(struct callback_wait *w)
{
	enum callback_kind kind = CALLBACK_NONE;
	char text[1024];
	ssize_t n = read(w->input, text, sizeof(text));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return kind;
	if (n <= 0) {
		w->input = -1;
		if (w->line.n > 0 && !w->skip)
			kind = handle_line(w);
		return kind;
	}
	for (ssize_t i = 0; i < n && kind == CALLBACK_NONE; i++)
		if (text[i] != '\n') {
			w->skip = w->skip || !buf_putc(&w->line, text[i]);
		} else if (w->skip) {
			cli_warn("that line is too long for an address");
			w->skip = false;
			buf_clear(&w->line);
		} else {
			kind = handle_line(w);
		}
	secret_wipe(text, sizeof(text));
	return kind;
}

/* Handle a request of a browser; CALLBACK_NONE to wait for another. */
static enum callback_kind handle_request(
    struct callback_wait *w, struct connection *c)
{
	struct slice query;
	int status = callback_request(connection_head(c), &query);
	enum callback_kind kind;

	if (status) {
		connection_respond(c, status, "Nothing here",
		    "This address is only for the callback of a login.");
		return CALLBACK_NONE;
	}
	kind = callback_parse(query, w->login->pkce.state, &w->value);
	if (kind == CALLBACK_CODE || kind == CALLBACK_REFUSED) {
		w->browser = c;
		return kind;
	}
	/* Any page in the browser can send one, again and again. */
	if (kind == CALLBACK_WRONG_STATE && !w->warned) {
		cli_warn("ignored a callback with the wrong state");
		w->warned = true;
	}
	connection_respond(c, 400, "Not logged in",
	    kind == CALLBACK_WRONG_STATE
		? "This callback has the wrong state: it is of another login."
		: "This is not the callback of a login.");
	return CALLBACK_NONE;
}

/* Wait for the callback; false without an authorization code. */
static bool wait_for_code(
    struct callback_wait *w, int64_t timeout, struct error *error)
{
	enum callback_kind kind = CALLBACK_NONE;
	struct connection *c;

	while (kind == CALLBACK_NONE) {
		switch (loopback_wait(&w->loopback, w->input, w->until, &c)) {
		case LOOPBACK_REQUEST: kind = handle_request(w, c); break;
		case LOOPBACK_INPUT: kind = handle_input(w); break;
		case LOOPBACK_FAILED:
			return error_set(error, EX_OSERR,
			    "cannot wait for the browser: %s", strerror(errno));
		case LOOPBACK_TIMEOUT:
			return error_set(error, EX_UNAVAILABLE,
			    "nobody logged in within %" PRId64
			    " s; if the browser showed an error instead, "
			    "see that the client id and the app's redirect URI are right",
			    (timeout + 999) / 1000);
		}
	}
	if (kind == CALLBACK_CODE)
		return true;
	if (slice_is(buf_slice(&w->value), "access_denied"))
		return error_set(error, EX_NOPERM,
		    "the consent was refused (access_denied)");
	return error_set(error, EX_NOPERM,
	    "the login service refuses the login (%.200s)",
	    buf_message(&w->value));
}

/* Warn of scopes that were not granted, before a job fails for them. */
static void check_scopes(const struct login_options *o, const struct login *l)
{
	const char *p = buf_slice(&o->scope).p;

	for (size_t n; *p; p += n + (p[n] == ' ')) {
		n = strcspn(p, " ");
		if (n && !scopes_have(l->token.scope, (struct slice){p, n}))
			cli_warn("the scope '%.*s' was not granted", (int)n, p);
	}
}

static void show_success(
    const struct login *l, const char *path, struct connection *c)
{
	const char *user = l->token.user_id;
	bool lasts = l->token.refresh_token != NULL;
	struct buf text = BUF_INIT(8192);
	int64_t until =
	    lasts ? token_login_expires_at(&l->token) : l->token.expires_at;
	char ends[LOCAL_TIME_TEXT];

	if (!until || !local_time_format(until, ends))
		snprintf(ends, sizeof(ends), "some time");
	else if (lasts)
		local_time_day(until, ends);
	buf_printf(&text,
	    "You are logged in as %.200s, until %s. "
	    "You can close this window.",
	    user, ends);
	if (c)
		connection_respond(c, 200, "Logged in", buf_message(&text));
	cli_warn("logged in as '%s' until %s: '%s'", user, ends, path);
	if (!lasts)
		cli_warn(
		    "the service gives no refresh_token: log in again after that");
	buf_release(&text);
}

/* Send the error as a sentence to the browser. */
static void show_failure(int exit, const char *why, struct connection *c)
{
	char text[4096 + 64];

	snprintf(text, sizeof(text),
	    "%.4000s. Nothing was saved; to try again, run sp-fetch login.",
	    why);
	if (*text >= 'a' && *text <= 'z')
		*text = (char)(*text - 'a' + 'A');
	connection_respond(
	    c, exit == EX_NOPERM ? 403 : 502, "Not logged in", text);
}

/* Respond to other connections, like that of a second tab. */
static void respond_late_tabs(struct loopback *l)
{
	int64_t until = clock_monotonic() + LATE_TAB_TIME;
	struct connection *c;

	while (loopback_wait(l, -1, until, &c) == LOOPBACK_REQUEST)
		connection_respond(c, 404, "Nothing here",
		    "The login has ended in another window.");
}

/* The whole login; returns an exit status. */
static int log_in(const struct login_options *o, struct login *l,
    struct callback_wait *w, const char *path)
{
	struct error error = ERROR_UNSET;
	struct buf why = BUF_INIT(4096);
	bool ok;

	ok = login_begin(l, &error);
	if (ok) {
		show_url(o, w);
		ok = wait_for_code(w, o->timeout, &error) &&
		     login_exchange(l, buf_cstr(&w->value), &error) &&
		     login_save(l, path, o->force, &error);
	}
	if (ok) {
		show_success(l, path, w->browser);
		check_scopes(o, l);
		return 0;
	}
	local_time_message(slice_of(error.why), clock_now(), &why);
	if (w->browser)
		show_failure(error.exit, buf_message(&why), w->browser);
	cli_warn("%s", buf_message(&why));
	buf_release(&why);
	return error.exit;
}

/* Where a line may be pasted: stdin, if a terminal or asked for. */
static int input_of(const struct login_options *o)
{
	return o->no_browser || isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
}

/* A service's URL: from the option, the environment, or the default. */
static const char *service(
    const char *option, const char *variable, const char *usual)
{
	const char *set = option ? option : account_env(variable);

	return set ? set : usual;
}

static void set_services(
    const struct account *a, struct login_options *o, struct login *l)
{
	l->client_id = o->client_id;
	l->scope = buf_cstr(&o->scope);
	l->auth_url = service(o->auth_url, "SP_AUTH_URL", SESSION_AUTH_URL);
	l->token_url = service(a->token_url, "SP_TOKEN_URL", SESSION_TOKEN_URL);
	l->api_url = service(a->api, "SP_API", SESSION_API);
}

int account_login(const struct account *a, struct login_options *o,
    struct transfer_limits limits, struct retry_policy policy)
{
	struct buf path = BUF_INIT(4096), client_id = BUF_INIT(4096);
	struct callback_wait w = {.line = BUF_INIT(CALLBACK_MAX),
	    .value = BUF_INIT(CALLBACK_MAX + 1)};
	struct login l = {.policy = &policy};
	const char *file;
	int status;

	policy.report = report;
	complete_scope(o);
	account_set_ca(&limits);
	file = account_path(a, &path);
	find_client_id(o, file, &client_id);
	check_file(o, file);
	if (!loopback_open(&w.loopback, o->port))
		cli_die(EX_UNAVAILABLE, "127.0.0.1:%d: cannot listen: %s",
		    o->port, strerror(errno));
	set_services(a, o, &l);
	l.port = w.loopback.port;
	l.transfer = transfer_new(&limits);
	if (!l.transfer)
		cli_die(EX_OSERR, "cannot start libcurl");
	w.login = &l;
	w.input = input_of(o);
	w.until = clock_monotonic() + o->timeout;
	status = log_in(o, &l, &w, file);
	respond_late_tabs(&w.loopback);
	loopback_close(&w.loopback);
	login_release(&l);
	transfer_free(l.transfer);
	secret_release(&w.line);
	secret_release(&w.value);
	buf_release(&client_id);
	buf_release(&path);
	return status;
}
