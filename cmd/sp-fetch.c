/*
 * sp-fetch: sends the requests of a stream to the Web API, and writes the
 * responses as captures. With paths as arguments, requests those.
 *
 * The way of a request:
 *
 *  1. A record is read from stdin, fetch_stream.c. That of a run is passed on
 *     with the run's first request, and has the login's user, fetch_run.c.
 *  2. A request becomes a task of the scheduler: a copy of its record, parsed
 *     once, api/request.h, and a chain of pages, api/pages.h.
 *  3. Before each page the policy decides whether it may be sent: no halt, no
 *     rate limit of its bucket, no missing scope, api/policy.h.
 *  4. The scheduler begins a GET with all its retries, struct api_request. Up
 *     to --parallel of them are in flight, api/scheduler.h.
 *  5. The client refreshes an expiring token, auth/refresh.h, and starts a
 *     transfer, http/transfer.h.
 *  6. The response loses the secrets that it echoes, and is classified as a
 *     result. After a transient one the GET is sent again, api/client.h.
 *  7. The response goes to the reorder buffer. If it is a page with a next one,
 *     step 3 follows. The cause of a 403 is read, spotify/denial.h.
 *  8. The policy applies the result to the run: a rate limit, the circuit
 *     breaker, a refusal, the end of the login.
 *  9. Responses leave the buffer in the order of the requests, as captures,
 *     api/capture.h. Then the request counts as used, or is refused.
 * 10. The end record is passed on, with the run's outcome and our ledger.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "cli.h"
#include "fetch.h"
#include "listing.h"
#include "options.h"

/* A time limit; none at all would be a wait for ever. */
static int64_t read_limit(const char *option, const char *arg)
{
	int64_t ms = cli_duration(option, arg);

	if (ms < 1 || ms > CLOCK_DAY)
		cli_die(EX_USAGE, "%s: not from 1ms to 1d: '%s'", option, arg);
	return ms;
}

static const struct cli_option options[] = {
    {'a', "account", "NAME",
	"the account (default: $SP_ACCOUNT, then default)"},
    {'t', "token-file", "FILE", "use this token file, whatever the account"},
    {'i', "client-id", "ID", "the client id of your app"},
    {'s', "scope", "SCOPE", "ask for this scope (default: all that jobs need)"},
    {'o', "port", "N", "listen on this port (default: any free one)"},
    {'N', "no-browser", NULL, "only print the address to open"},
    {'f', "force", NULL, "replace the login of another user"},
    {'A', "api", "URL", "send requests to this server"},
    {'T', "token-url", "URL", "renew access tokens at this URL"},
    {'U', "auth-url", "URL", "send the browser to this URL"},
    {'w', "max-wait", "D", "wait for a rate limit up to D (default: 60s)"},
    {'r', "retries", "N", "retry a request up to N times (default: 5)"},
    {'b', "backoff", "D", "wait up to D before a retry (default: 500ms)"},
    {'l', "timeout", "D", "limit for a response (60s), or for a login (5m)"},
    {'c', "connect-timeout", "D",
	"limit for making a connection (default: 10s)"},
    {'n', "parallel", "N", "send up to N requests at once (default: 4)"},
    {'M', "max-body", "SIZE", "refuse larger responses (default: 64M)"},
    {'g', "max-pages", "N", "fetch up to N pages of a list (default: 10000)"},
    CLI_OPTION_MAX_LINE,
    CLI_OPTION_PROGRESS,
    CLI_OPTION_TABLE,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END,
};

/* An option of one of the commands. */
static void set_command_option(
    struct fetch_options *o, int code, const char *arg)
{
	struct login_options *l = &o->login;

	switch (code) {
	case 'i': l->client_id = arg; break;
	case 's': login_add_scope(l, arg); break;
	case 'o': l->port = (int)cli_number("--port", arg, 0, 65535); break;
	case 'N': l->no_browser = true; break;
	case 'f': l->force = true; break;
	case 'U': l->auth_url = arg; break;
	case 'B': o->form = LISTING_TABLE; break;
	case 'j': o->form = LISTING_JSON; break;
	}
}

static void set_option(void *fetch_options, int code, const char *arg)
{
	struct fetch_options *o = fetch_options;

	switch (code) {
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
	case 'M':
		o->max_body = cli_size("--max-body", arg);
		if (o->max_body > LINES_BODY_MAX)
			cli_die(EX_USAGE,
			    "--max-body: more than %zu bytes, "
			    "the most that the other programs take: '%s'",
			    LINES_BODY_MAX, arg);
		break;
	case 'g':
		o->max_pages =
		    (uint64_t)cli_number("--max-pages", arg, 1, 1000000);
		break;
	case 'm': o->max_line = cli_size("--max-line", arg); break;
	case 'p': o->progress = true; break;
	default: set_command_option(o, code, arg);
	}
}

static const struct fetch_options defaults = {
    .login = {.scope = BUF_INIT(4096), .timeout = 300000},
    .limits = {.timeout = 60000,
	.connect_timeout = 10000,
	.user_agent = "sp/" SP_VERSION},
    .policy = {.report = fetch_report,
	.retries = 5,
	.backoff = 500,
	.max_wait = 60000},
    .parallel = 4,
    .max_body = (size_t)64 << 20,
    .max_line = LINES_MAX_DEFAULT,
    .max_pages = 10000,
};

static int login(struct fetch_options *o)
{
	return account_login(
	    &o->account, &o->login, defaults.limits, defaults.policy);
}

static int accounts(struct fetch_options *o)
{
	return account_list(&o->account, listing_is_table(o->form));
}

static int logout(struct fetch_options *o)
{
	return account_logout(&o->account);
}

static int fetch(struct fetch_options *o)
{
	struct buf path = BUF_INIT(4096);
	struct fetch f;
	int status;

	account_set_ca(&o->limits);
	fetch_init(&f, o, account_path(&o->account, &path));
	if (*o->paths)
		fetch_paths(&f, o->paths);
	else
		fetch_stream(&f);
	status = fetch_finish(&f);
	fetch_release(&f);
	buf_release(&path);
	return status;
}

static const struct cli_command commands[] = {
    {.options = "atATwrblcnMgmp", .operands = "[PATH ...]", .run.fetch = fetch},
    {.name = "login",
	.purpose = "log in with your browser, once in six months",
	.options = "atisoNlfUTA",
	.operands = "",
	.examples =
	    "sp-fetch login --client-id 0123456789abcdef0123456789abcdef\n"
	    "sp-fetch login --account robin \\\n"
	    "    --client-id 0123456789abcdef0123456789abcdef\n",
	.run.fetch = login},
    {.name = "accounts",
	.purpose = "list the logins, and when they end",
	.options = "atBj",
	.operands = "",
	.examples = "sp-fetch accounts\n"
		    "sp-fetch accounts | jq -r .authorization_ends\n",
	.run.fetch = accounts},
    {.name = "logout",
	.purpose = "remove a login",
	.options = "at",
	.operands = "",
	.examples = "sp-fetch logout --account robin\n",
	.run.fetch = logout},
    {.options = NULL},
};

static const struct cli_program program = {
    .name = "sp-fetch",
    .purpose = "send requests to the Spotify Web API, print the responses",
    .options = options,
    .repeats = "s",
    .commands = commands,
    .examples =
	"sp-queue next all | sp-fetch | sp-stage | sp-transform | sp-load\n"
	"sp-fetch /me | jq .body\n"
	"sp-fetch '/me/player/recently-played?limit=3' |\n"
	"    jq -r '.body.items[].track.name'\n",
    .set = set_option,
};

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
	struct fetch_options o = defaults;
	const struct cli_command *command;
	int status;

	cli_init(program.name);
	setrlimit(RLIMIT_CORE, &no_core); /* it would hold the token */
	command = cli_parse(&program, argc, argv, &o, &o.paths);
	status = command->run.fetch(&o);
	buf_release(&o.login.scope);
	return status;
}
