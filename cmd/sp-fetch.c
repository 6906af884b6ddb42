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
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "cli.h"
#include "fetch.h"
#include "listing.h"

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

/* A time limit; none at all would be a wait for ever. */
static int64_t read_limit(const char *option, const char *arg)
{
	int64_t ms = cli_duration(option, arg);

	if (ms < 1 || ms > CLOCK_DAY)
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
			    "--max-body: more than %zu bytes, "
			    "the most that the other programs take: '%s'",
			    LINES_BODY_MAX, arg);
		break;
	case 'p':
		o->max_pages =
		    (uint64_t)cli_number("--max-pages", arg, 1, 1000000);
		break;
	case 'L': o->max_line = cli_size("--max-line", arg); break;
	case 'P': o->progress = true; break;
	default:
		if (!set_command_option(o, which, arg))
			cli_other_option(which, usage);
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
	fetch_init(&f, o, account_path(&o->account, &path));
	if (*paths)
		fetch_paths(&f, paths);
	else
		fetch_stream(&f);
	status = fetch_finish(&f);
	fetch_release(&f);
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
	status = command->run ? command->run(&o) : fetch(&o, operands);
	buf_release(&o.login.scope);
	return status;
}
