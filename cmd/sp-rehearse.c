/*
 * sp-rehearse: a Web API to practise on. A real HTTP server on 127.0.0.1 that
 * behaves as the service does, with a listener who does not exist, a clock
 * that stands still until it is moved, and faults on demand.
 */
#include "base/clock.h"
#include "rehearse/put.h"
#include "rehearse/server.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

struct options {
	int64_t port, seed, per_day, expires, latency, clock;
	const char *port_file, *token_file, *user, *serve;
	enum regime regime;
	bool pretty;
	struct faults faults;
};

static void usage(FILE *to)
{
	fputs("usage: sp-rehearse [--port N] [--port-file FILE] "
	      "[--token-file FILE]\n"
	      "                   [--seed N] [--clock T] [--user ID] "
	      "[--plays-per-day N]\n"
	      "                   [--regime extended|development|"
	      "grandfathered]\n"
	      "                   [--expires SECONDS] [--latency MS] "
	      "[--pretty]\n"
	      "                   [--fault SPEC]... [--serve DIR]\n",
	    to);
}

static void complain(
    const char *problem, const char *subject, const char *reason)
{
	fprintf(stderr, "sp-rehearse: %s '%s': %s\n", problem, subject, reason);
}

static bool read_number(
    const char *name, const char *text, int64_t least, int64_t most, int64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoimax(text, &end, 10);
	if (*text != '\0' && *end == '\0' && errno == 0 && *n >= least &&
	    *n <= most)
		return true;
	fprintf(stderr,
	    "sp-rehearse: --%s '%s': not a number from %" PRId64 " to %" PRId64
	    "\n",
	    name, text, least, most);
	return false;
}

static bool read_regime(const char *text, enum regime *regime)
{
	static const char *const names[] = {
	    "extended", "development", "grandfathered"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*regime = (enum regime)i;
			return true;
		}
	}
	complain("--regime", text, "not extended, development, grandfathered");
	return false;
}

static bool read_fault(const char *text, struct faults *faults)
{
	const char *why = "too many";
	struct fault f;

	if (fault_read(&f, text, &why) && faults_add(faults, &f))
		return true;
	complain("--fault", text, why);
	return false;
}

static bool read_clock(const char *text, int64_t *clock)
{
	if (clock_parse(slice_of(text), clock))
		return true;
	complain("--clock", text, "not a moment such as 2026-11-22T12:00:00Z");
	return false;
}

static bool read_user(const char *text, const char **user)
{
	*user = text;
	if (*text != '\0' && strlen(text) < NAME_SIZE / 2)
		return true;
	complain("--user", text, "empty or too long");
	return false;
}

static bool take_option(
    int letter, const char *name, const char *arg, struct options *o)
{
	switch (letter) {
	case 'p': return read_number(name, arg, 0, 65535, &o->port);
	case 'P': o->port_file = arg; return true;
	case 't': o->token_file = arg; return true;
	case 's': return read_number(name, arg, 0, INT64_MAX, &o->seed);
	case 'c': return read_clock(arg, &o->clock);
	case 'u': return read_user(arg, &o->user);
	case 'n': return read_number(name, arg, 0, 20000, &o->per_day);
	case 'r': return read_regime(arg, &o->regime);
	case 'e': return read_number(name, arg, 0, 86400 * 365, &o->expires);
	case 'l': return read_number(name, arg, 0, 600000, &o->latency);
	case 'f': return read_fault(arg, &o->faults);
	case 'd': o->serve = arg; return true;
	case 'y': o->pretty = true; return true;
	default: return false;
	}
}

/* Returns -1 to go on, else the status to end with. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"port", required_argument, NULL, 'p'},
	    {"port-file", required_argument, NULL, 'P'},
	    {"token-file", required_argument, NULL, 't'},
	    {"seed", required_argument, NULL, 's'},
	    {"clock", required_argument, NULL, 'c'},
	    {"user", required_argument, NULL, 'u'},
	    {"plays-per-day", required_argument, NULL, 'n'},
	    {"regime", required_argument, NULL, 'r'},
	    {"expires", required_argument, NULL, 'e'},
	    {"latency", required_argument, NULL, 'l'},
	    {"pretty", no_argument, NULL, 'y'},
	    {"fault", required_argument, NULL, 'f'},
	    {"serve", required_argument, NULL, 'd'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int letter, which = 0;

	while ((letter = getopt_long(argc, argv, "+hV", longs, &which)) != -1) {
		if (letter == 'h') {
			usage(stdout);
			return EX_OK;
		}
		if (letter == 'V') {
			puts("sp-rehearse " SP_VERSION);
			return EX_OK;
		}
		if (letter == '?')
			usage(stderr);
		if (letter == '?' ||
		    !take_option(letter, longs[which].name, optarg, o))
			return EX_USAGE;
	}
	if (optind == argc)
		return -1;
	usage(stderr);
	return EX_USAGE;
}

/* Replace a file in one step, so that nobody reads half of it. */
static bool write_file(const char *path, mode_t mode, const struct buf *text)
{
	char temp[PATH_MAX];
	ssize_t n = -1;
	int fd;

	if (text->failed || snprintf(temp, sizeof(temp), "%s.%ld", path,
				(long)getpid()) >= (int)sizeof(temp)) {
		errno = text->failed ? ENOMEM : ENAMETOOLONG;
		return false;
	}
	unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return false;
	n = write(fd, text->p, text->n);
	if (n >= 0 && (size_t)n != text->n)
		errno = ENOSPC;
	if (close(fd) == 0 && n == (ssize_t)text->n && rename(temp, path) == 0)
		return true;
	fd = errno;
	unlink(temp);
	errno = fd;
	return false;
}

static bool write_port(const char *path, int port)
{
	struct buf text = BUF_INIT(REPLY_MAX);
	bool ok;

	if (path == NULL)
		return true;
	buf_printf(&text, "%d\n", port);
	ok = write_file(path, 0644, &text);
	if (!ok)
		complain("cannot write", path, strerror(errno));
	buf_release(&text);
	return ok;
}

static bool make_folder_of(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	if (strlen(path) >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(folder, path);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return true;
	*slash = '\0';
	return mkdir(folder, 0700) == 0 || errno == EEXIST;
}

/* What sp-fetch needs to call this server, as if someone had logged in. */
static bool write_token(const char *path, struct rehearsal *r)
{
	struct buf b = BUF_INIT(REPLY_MAX);
	char ends[CLOCK_TEXT];
	bool ok;

	if (path == NULL)
		return true;
	clock_format(clock_now() + r->tokens.lasts, ends);
	buf_printf(&b,
	    "{\"client_id\":\"%s\",\"access_token\":\"%s\","
	    "\"refresh_token\":\"%s\",\"expires_at\":\"%s\",\"scope\":\"%s\","
	    "\"token_url\":\"%s/api/token\",\"api_url\":\"%s\"}\n",
	    r->tokens.client_id, tokens_make(&r->tokens), r->tokens.refresh,
	    ends, rehearsal_scope(), r->base, r->base);
	ok = make_folder_of(path) && write_file(path, 0600, &b);
	if (!ok)
		complain("cannot write", path, strerror(errno));
	buf_release(&b);
	return ok;
}

#define HISTORY_DAYS 14

/* Returns EX_OK, or the status to end with, having said why. */
static int set_stage(struct rehearsal *r, const struct options *o)
{
	char why[256];

	r->regime = o->regime;
	r->clock = o->clock;
	r->latency = o->latency;
	r->pretty = o->pretty;
	r->faults = o->faults;
	tokens_init(&r->tokens, (uint64_t)o->seed, o->expires * 1000);
	r->catalogue = catalogue_new((uint64_t)o->seed, o->user);
	if (r->catalogue == NULL) {
		complain("cannot make up", o->user, strerror(ENOMEM));
		return EX_UNAVAILABLE;
	}
	listener_init(&r->listener, r->catalogue, (int)o->per_day,
	    o->clock - HISTORY_DAYS * DAY_MS);
	if (!listener_reach(&r->listener, r->clock)) {
		complain("cannot make up", o->user, strerror(ENOMEM));
		return EX_UNAVAILABLE;
	}
	if (o->serve != NULL &&
	    (r->saved = saved_open(o->serve, why, sizeof(why))) == NULL) {
		complain("cannot serve", o->serve, why);
		return EX_IOERR;
	}
	return EX_OK;
}

/* Listen, tell where, and serve until a signal of set comes. */
static int perform(
    struct rehearsal *r, const struct options *o, const sigset_t *set)
{
	struct server *server;
	int port, got, fd = server_bind((int)o->port, &port);
	char text[16];

	if (fd < 0) {
		snprintf(text, sizeof(text), "%d", (int)o->port);
		complain("cannot listen on port", text, strerror(errno));
		return EX_UNAVAILABLE;
	}
	snprintf(r->base, sizeof(r->base), "http://127.0.0.1:%d", port);
	if (!write_token(o->token_file, r)) {
		close(fd);
		return EX_CANTCREAT;
	}
	server = server_new(r, fd);
	if (server == NULL) {
		complain("cannot serve on", r->base, strerror(errno));
		return EX_UNAVAILABLE;
	}
	if (!write_port(o->port_file, port)) {
		server_free(server);
		return EX_CANTCREAT;
	}
	if (printf("%s\n", r->base) < 0 || fflush(stdout) != 0) {
		complain("cannot write", "stdout", strerror(errno));
		server_free(server);
		return EX_IOERR;
	}
	sigwait(set, &got);
	server_free(server);
	return EX_OK;
}

int main(int argc, char **argv)
{
	struct options o = {
	    .seed = 1, .per_day = 40, .expires = 3600, .user = "rehearsal"};
	struct rehearsal r = {.log = BUF_INIT(REPLY_MAX)};
	sigset_t set;
	int status;

	clock_parse(SLICE("2026-11-22T12:00:00Z"), &o.clock);
	status = read_options(argc, argv, &o);
	if (status >= 0 && fflush(stdout) != 0) {
		perror("sp-rehearse: stdout: cannot write");
		return EX_IOERR;
	}
	if (status >= 0)
		return status;
	/* Blocked in every thread: only main, by sigwait, hears them. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	status = set_stage(&r, &o);
	if (status == EX_OK)
		status = perform(&r, &o, &set);
	rehearsal_release(&r);
	return status;
}
