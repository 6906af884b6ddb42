/*
 * sp-rehearse: a mock of the Web API. An HTTP server on 127.0.0.1 with made-up
 * data, a simulated clock, and faults on demand.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "cli.h"
#include "options.h"
#include "rehearse/export.h"
#include "rehearse/put_json.h"
#include "rehearse/server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS_MAX 100000

struct mock_options {
	int64_t port, seed, users, per_day, lists, big, latency, clock;
	bool clock_given;
	const char *port_file, *token_file, *user, *serve, *scope;
	enum access_mode access_mode;
	const char *export, *export_truth;
	enum export_package export_form;
	int64_t export_since, export_file_rows; /* 0: the usual */
};

/* Which of three names it is, by its index. */
static int parse_name(
    const char *option, const char *text, const char *const names[3])
{
	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0)
			return i;
	}
	cli_die(EX_USAGE, "%s: not %s, %s or %s: '%s'", option, names[0],
	    names[1], names[2], text);
}

static enum access_mode parse_access_mode(const char *text)
{
	static const char *const names[] = {
	    "extended", "development", "grandfathered"};

	return (enum access_mode)parse_name("--access-mode", text, names);
}

static enum export_package parse_export_form(const char *text)
{
	static const char *const names[] = {"extended", "endsong", "basic"};

	return (enum export_package)parse_name("--export-form", text, names);
}

static const char *parse_user(const char *text)
{
	if (*text == '\0' || strlen(text) >= NAME_SIZE / 2)
		cli_die(EX_USAGE, "--user: empty or too long: '%s'", text);
	return text;
}

static const char *parse_scope(const char *text)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz- ";

	if (strlen(text) >= sizeof(((struct tokens *)NULL)->scope) ||
	    text[strspn(text, good)] != '\0')
		cli_die(EX_USAGE, "--scope: not scopes: '%s'", text);
	return text;
}

/* Set an option that takes a number. */
static void set_number(struct mock_options *o, int code, const char *arg)
{
	const struct {
		int code;
		const char *name;
		int64_t *to, most;
	} numbers[] = {
	    {'p', "--port", &o->port, 65535},
	    {'s', "--seed", &o->seed, INT64_MAX},
	    {'U', "--users", &o->users, USERS_MAX},
	    {'n', "--plays-per-day", &o->per_day, 20000},
	    {'L', "--playlists", &o->lists, PLAYLISTS_MAX},
	    {'b', "--big-playlist", &o->big, PLAYLIST_SIZE_MAX},
	    {'R', "--export-file-rows", &o->export_file_rows, INT32_MAX},
	};

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (numbers[i].code == code)
			*numbers[i].to = cli_number(
			    numbers[i].name, arg, 0, numbers[i].most);
}

static const struct cli_option options[] = {
    {'p', "port", "N", "listen on this port (default: any free one)"},
    {'P', "port-file", "FILE", "write the port to this file"},
    {'t', "token-file", "FILE", "write a login for sp-fetch to this file"},
    {'s', "seed", "N", "derive all data from this number (default: 1)"},
    {'c', "clock", "TIME", "the time of the mock (default: 22 November 2026)"},
    {'u', "user", "ID", "the user's id (default: rehearsal)"},
    {'U', "users", "N", "serve N users (default: 1)"},
    {'n', "plays-per-day", "N", "play about N tracks a day (default: 40)"},
    {'L', "playlists", "N", "have N playlists (default: a dozen)"},
    {'b', "big-playlist", "N", "have a playlist with N items"},
    {'r', "access-mode", "NAME",
	"extended (default), development or grandfathered"},
    {'S', "scope", "SCOPES", "grant these scopes (default: all)"},
    {'l', "latency", "D", "wait before each response (default: 0)"},
    {'d', "serve", "DIR", "serve the responses saved in this folder"},
    {'e', "export", "DIR", "write a data export here, and do not serve"},
    {'F', "export-form", "NAME", "extended (default), endsong or basic"},
    {'f', "export-since", "TIME",
	"start the export here (default: 2 years before)"},
    {'R', "export-file-rows", "N",
	"write up to N rows to a file (default: 16000)"},
    {'T', "export-truth", "FILE", "also write which stream is which play"},
    CLI_OPTIONS_END,
};

static void set_option(void *mock_options, int code, const char *arg)
{
	struct mock_options *o = mock_options;

	switch (code) {
	case 'P': o->port_file = arg; break;
	case 't': o->token_file = arg; break;
	case 'c':
		o->clock = cli_time("--clock", arg);
		o->clock_given = true;
		break;
	case 'u': o->user = parse_user(arg); break;
	case 'r': o->access_mode = parse_access_mode(arg); break;
	case 'd': o->serve = arg; break;
	case 'S': o->scope = parse_scope(arg); break;
	case 'e': o->export = arg; break;
	case 'F': o->export_form = parse_export_form(arg); break;
	case 'f': o->export_since = cli_time("--export-since", arg); break;
	case 'T': o->export_truth = arg; break;
	case 'l': o->latency = cli_duration("--latency", arg); break;
	default: set_number(o, code, arg);
	}
}

static const struct cli_command forms[] = {
    {.options = "pPtscuUnLbrSld", .operands = ""},
    {.options = "e!FfRTscun", .operands = ""},
    {.options = NULL},
};

static const struct cli_program program = {
    .name = "sp-rehearse",
    .purpose = "serve a mock of the Spotify Web API, to practise on",
    .options = options,
    .commands = forms,
    .examples = "sp-rehearse --user kim --token-file practice.json &\n"
		"while [ ! -s practice.json ]; do sleep 0.1; done\n"
		"sp-fetch --token-file practice.json /me | jq .body\n"
		"sp-rehearse --user kim --export my_spotify_data\n",
    .set = set_option,
};

/* Replace a file atomically. */
static bool write_file(const char *path, mode_t mode, const struct buf *text)
{
	char temp[PATH_MAX];
	struct out out;
	int fd;

	if (text->failed || snprintf(temp, sizeof(temp), "%s.%ld", path,
				(long)getpid()) >= (int)sizeof(temp)) {
		errno = text->failed ? EFBIG : ENAMETOOLONG;
		return false;
	}
	unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return false;
	out_init(&out, fd, 4096);
	out_put(&out, text->p, text->n);
	if (out_close(&out) && rename(temp, path) != 0)
		out.err = errno;
	out_release(&out);
	if (out.err)
		unlink(temp);
	errno = out.err;
	return out.err == 0;
}

static bool write_port(const char *path, int port)
{
	struct buf text = BUF_INIT(MOCK_TEXT_MAX);
	bool ok;

	if (path == NULL)
		return true;
	buf_printf(&text, "%d\n", port);
	ok = write_file(path, 0644, &text);
	if (!ok)
		cli_warn("%s: cannot write: %s", path, strerror(errno));
	buf_release(&text);
	return ok;
}

/* Write what sp-fetch needs to use this server, as after a login of a user. */
static bool write_token(
    const char *path, const struct mock *r, struct tokens *tokens)
{
	struct buf b = BUF_INIT(MOCK_TEXT_MAX);
	char ends[CLOCK_TEXT];
	bool ok;

	clock_format(clock_now() + TOKEN_SECONDS * 1000, ends);
	buf_printf(&b,
	    "{\"client_id\":\"%s\",\"access_token\":\"%s\","
	    "\"refresh_token\":\"%s\",\"expires_at\":\"%s\",\"scope\":\"%s\","
	    "\"token_url\":\"%s/api/token\",\"api_url\":\"%s\"}\n",
	    tokens->client_id, tokens_make(tokens), tokens->refresh[0], ends,
	    tokens->scope, r->base, r->base);
	ok = os_make_parents(path, 0700) && write_file(path, 0600, &b);
	if (!ok)
		cli_warn("%s: cannot write: %s", path, strerror(errno));
	buf_release(&b);
	return ok;
}

/* One file a user: the id is put in place of the % in the path. */
static bool write_tokens(const char *path, const struct mock *r)
{
	struct buf one = BUF_INIT(PATH_MAX);
	const char *mark = path ? strchr(path, '%') : NULL;
	bool ok = true;

	if (path == NULL)
		return true;
	for (int i = 0; ok && i < r->user_count; i++) {
		struct mock_user *u = &r->users[i];

		buf_clear(&one);
		if (mark)
			buf_printf(&one, "%.*s%s%s", (int)(mark - path), path,
			    u->catalogue->user, mark + 1);
		else
			buf_puts(&one, path);
		ok = write_token(buf_message(&one), r, &u->tokens);
	}
	buf_release(&one);
	return ok;
}

#define HISTORY_DAYS 14

/* The first user has the id of --user, the others that and a number. */
static void set_up_user(struct mock *r, const struct mock_options *o, int i)
{
	struct mock_user *u = &r->users[i];
	char id[NAME_SIZE];

	if (i == 0) {
		u->catalogue = catalogue_new(
		    (uint64_t)o->seed, o->user, (int)o->lists, (int)o->big);
	} else {
		snprintf(id, sizeof(id), "%s-%d", o->user, i + 1);
		u->catalogue = catalogue_share(
		    r->users[0].catalogue, id, (int)o->lists, (int)o->big);
	}
	tokens_init(&u->tokens, (uint64_t)o->seed, i);
	strcpy(u->tokens.scope, o->scope ? o->scope : mock_default_scope);
	history_init(&u->history, u->catalogue, (int)o->per_day,
	    o->clock - HISTORY_DAYS * DAY_MS);
	history_extend(&u->history, r->clock);
}

/* Returns EX_OK, or the status to end with, after a message. */
static int set_up(struct mock *r, const struct mock_options *o)
{
	DIR *folder = NULL;

	r->access_mode = o->access_mode;
	r->clock = o->clock;
	r->set_at = o->clock_given ? clock_monotonic() : 0;
	r->latency = o->latency;
	r->users = mem_zero((size_t)o->users, sizeof(*r->users));
	r->user_count = (int)o->users;
	for (int i = 0; i < r->user_count; i++)
		set_up_user(r, o, i);
	r->saved = o->serve;
	if (o->serve != NULL && (folder = opendir(o->serve)) == NULL) {
		cli_warn("%s: cannot serve: %s", o->serve, strerror(errno));
		return EX_IOERR;
	}
	if (folder != NULL)
		closedir(folder);
	return EX_OK;
}

/* Two years, in files of the size that Spotify makes them. */
#define EXPORT_DAYS 730
#define EXPORT_FILE_ROWS 16000
#define EXPORT_FILE_ROWS_BASIC 10000

/* Write the export instead of serving; returns the status to end with. */
static int write_export(const struct mock *r, const struct mock_options *o)
{
	struct export_plan plan = {
	    .catalogue = r->users[0].catalogue,
	    .folder = o->export,
	    .truth = o->export_truth,
	    .form = o->export_form,
	    .per_day = (int)o->per_day,
	    .since = o->clock - EXPORT_DAYS * DAY_MS,
	    .until = o->clock,
	    .file_rows = o->export_form == PACKAGE_BASIC
			     ? EXPORT_FILE_ROWS_BASIC
			     : EXPORT_FILE_ROWS,
	};
	char *at;

	if (o->export_since)
		plan.since = o->export_since;
	if (plan.since >= plan.until)
		cli_die(EX_USAGE, "--export-since: not before the clock");
	if (o->export_file_rows)
		plan.file_rows = o->export_file_rows;
	if (export_write(&plan, &at))
		return EX_OK;
	cli_warn("%s: cannot write: %s", at, strerror(errno));
	free(at);
	return EX_CANTCREAT;
}

/* Listen, print the URL, and serve until a signal of set arrives. */
static int serve(
    struct mock *r, const struct mock_options *o, const sigset_t *set)
{
	struct server *server;
	int port, got, fd = server_bind((int)o->port, &port);

	if (fd < 0) {
		cli_warn("cannot listen on port '%d': %s", (int)o->port,
		    strerror(errno));
		return EX_UNAVAILABLE;
	}
	snprintf(r->base, sizeof(r->base), "http://127.0.0.1:%d", port);
	if (!write_tokens(o->token_file, r)) {
		close(fd);
		return EX_CANTCREAT;
	}
	server = server_new(r, fd);
	if (server == NULL) {
		cli_warn("%s: cannot serve: %s", r->base, strerror(errno));
		return EX_UNAVAILABLE;
	}
	if (!write_port(o->port_file, port)) {
		server_free(server);
		return EX_CANTCREAT;
	}
	if (printf("%s\n", r->base) < 0 || fflush(stdout) != 0) {
		cli_warn("stdout: cannot write: %s", strerror(errno));
		server_free(server);
		return EX_IOERR;
	}
	sigwait(set, &got);
	server_free(server);
	return EX_OK;
}

int main(int argc, char **argv)
{
	struct mock_options o = {.seed = 1,
	    .users = 1,
	    .per_day = 40,
	    .lists = -1,
	    .user = "rehearsal"};
	struct mock r = {.log = BUF_INIT(MOCK_TEXT_MAX)};
	char **operands;
	sigset_t set;
	int status;

	clock_parse(SLICE("2026-11-22T12:00:00Z"), &o.clock);
	cli_init(program.name);
	cli_parse(&program, argc, argv, &o, &operands);
	if (o.users < 1)
		cli_die(EX_USAGE, "--users: at least 1");
	if (o.users > 1 && o.token_file && !strchr(o.token_file, '%'))
		cli_die(EX_USAGE,
		    "--token-file: several users, but no %% in it: '%s'",
		    o.token_file);
	/* Blocked in every thread: only main receives them, by sigwait. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	status = set_up(&r, &o);
	if (status == EX_OK && o.export != NULL)
		status = write_export(&r, &o);
	else if (status == EX_OK)
		status = serve(&r, &o, &set);
	mock_release(&r);
	return status;
}
