#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/os.h"
#include "json/utf8.h"
#include "terminal.h"

volatile sig_atomic_t cli_stop;

static const char *program = "sp";
static const char *help_on;    /* the command, or NULL */
static const char *erase = ""; /* a progress line of the pipeline */

/*
 * If a standard stream is closed, the next file that is opened gets its number:
 * records would go into a socket or the database. /dev/null takes its place, so
 * opened that to read stdin or to write stdout still fails.
 */
static void reserve_streams(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", modes[fd]) != fd)
			_exit(EX_OSERR);
}

/* Calls write only: stdio may be in use, or allocate. */
static void report_no_memory(void)
{
	char text[64];
	int n = snprintf(
	    text, sizeof(text), "%s%s: out of memory\n", erase, program);

	if (write(STDERR_FILENO, text, (size_t)n) < 0)
		return;
}

void cli_init(const char *name)
{
	program = name;
	mem_on_exhausted(report_no_memory);
	reserve_streams();
	/* A write over a file's size limit then fails, as on a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	/* One write a message, so that those of several programs do not mix. */
	setvbuf(stderr, NULL, _IOFBF, 8192);
	erase = terminal_erase(STDERR_FILENO);
}

const char *cli_program(void)
{
	return program;
}

/*
 * Print text with control characters, and bytes that are not UTF-8, made
 * visible: text of a server must not control the terminal.
 */
static void put_visible(FILE *to, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		unsigned code = (unsigned char)*text;
		size_t n = utf8_length(text, end);

		if (n > 0 && !utf8_control(text, end, &code))
			fwrite(text, 1, n, to);
		else
			fprintf(to, n > 1 ? "\\u%04x" : "\\x%02x", code);
		n += n == 0;
		text += n;
	}
}

__attribute__((format(printf, 1, 0))) static void warn_args(
    const char *fmt, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "%s%s: ", erase, program);
	put_visible(stderr, text);
	putc('\n', stderr);
	fflush(stderr);
}

void cli_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_args(fmt, ap);
	va_end(ap);
}

void cli_help_on(const char *name)
{
	help_on = name;
}

void cli_die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_args(fmt, ap);
	va_end(ap);
	if (status == EX_USAGE)
		fprintf(stderr, "try '%s%s%s --help'\n", program,
		    help_on ? " " : "", help_on ? help_on : "");
	cli_exit(status);
}

int64_t cli_number(
    const char *option, const char *arg, int64_t min, int64_t max)
{
	int64_t value;

	if (number_parse(slice_of(arg), &value) && value >= min && value <= max)
		return value;
	if (max == INT64_MAX)
		cli_die(EX_USAGE,
		    "%s: not a whole number of %" PRId64 " or more: '%s'",
		    option, min, arg);
	cli_die(EX_USAGE,
	    "%s: not a whole number from %" PRId64 " to %" PRId64 ": '%s'",
	    option, min, max, arg);
}

int64_t cli_duration(const char *option, const char *arg)
{
	int64_t ms;

	if (!clock_parse_duration(slice_of(arg), &ms))
		cli_die(EX_USAGE, "%s: not a duration like 90s, 6h or 7d: '%s'",
		    option, arg);
	return ms;
}

static int64_t parse_time(const char *option, const char *arg, bool ends)
{
	char text[CLOCK_TEXT];
	int64_t ms;

	if (!clock_parse_local(slice_of(arg), clock_now(), ends, &ms) ||
	    !clock_format(ms, text))
		cli_die(EX_USAGE,
		    "%s: not a time: '%s': write " CLOCK_LOCAL_FORMS, option,
		    arg);
	return ms;
}

int64_t cli_time(const char *option, const char *arg)
{
	return parse_time(option, arg, false);
}

int64_t cli_time_end(const char *option, const char *arg)
{
	return parse_time(option, arg, true);
}

size_t cli_size(const char *option, const char *arg)
{
	static const char units[] = "KMG";
	struct slice digits = slice_of(arg);
	const char *unit = NULL;
	int64_t value;
	int shift = 0;

	if (digits.n > 0 && arg[digits.n - 1] != '\0')
		unit = strchr(units, arg[digits.n - 1]);
	if (unit) {
		digits.n--;
		shift = 10 * (int)(unit - units + 1);
	}
	if (!number_parse(digits, &value) || value < 1 ||
	    value > (INT64_MAX >> 1) >> shift)
		cli_die(EX_USAGE, "%s: not a size like 4096, 64M or 1G: '%s'",
		    option, arg);
	return (size_t)value << shift;
}

const char *cli_database(const char *option, struct buf *path)
{
	const char *named = option ? option : getenv("SP_DB");

	buf_clear(path);
	if (named && (!strcmp(named, ":memory:") ||
			 !strncmp(named, "file:", strlen("file:"))))
		cli_die(EX_USAGE,
		    "%s: no file: "
		    "a database in memory would be gone at the end of this program; "
		    "write ./%s if that is the file's name",
		    named, named);
	if (named && *named != '\0')
		buf_puts(path, named);
	else if (!os_data_path(path, "spotify.db") && !path->failed)
		cli_die(EX_CONFIG, "no database: give --db FILE, or set SP_DB, "
				   "XDG_DATA_HOME or HOME");
	if (!buf_cstr(path))
		cli_die(EX_CONFIG, "the database's name is too long");
	return path->p;
}

void cli_refusal(void *ctx, const struct refusal *r)
{
	(void)ctx;
	if (r->known)
		return;
	cli_warn("%s: %.*s%s%.*s%s%s", r->where, (int)r->src.n, r->src.p,
	    r->src.p ? ": " : "", (int)r->place.n, r->place.p,
	    r->place.p ? ": " : "", r->reason);
}

void cli_pass_truncated(void *ctx, const char *run)
{
	struct stat out;

	if (fstat(STDOUT_FILENO, &out) != 0 || !S_ISFIFO(out.st_mode))
		cli_truncated(ctx, run);
}

void cli_truncated(void *ctx, const char *run)
{
	(void)ctx;
	if (run)
		cli_warn("run %s: " CLI_TRUNCATED, run);
	else
		cli_warn("input ended, but another run was announced");
}

static void stop(int signal)
{
	cli_stop = signal;
}

/* A signal that the parent process ignores stays ignored. */
static void catch (int signal)
{
	struct sigaction action = {.sa_handler = stop}, before;

	sigemptyset(&action.sa_mask);
	if (sigaction(signal, NULL, &before) != 0 ||
	    before.sa_handler != SIG_IGN)
		sigaction(signal, &action, NULL);
}

void cli_catch_signals(void)
{
	catch (SIGINT);
	catch (SIGTERM);
}

void cli_exit(int status)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};

	if (cli_stop) {
		fflush(NULL);
		sigemptyset(&usual.sa_mask);
		sigaction(cli_stop, &usual, NULL);
		raise(cli_stop);
	}
	exit(status);
}

void cli_announce_stdin(const char *what)
{
	if (isatty(STDIN_FILENO))
		cli_warn("reading %s from the terminal; see %s --help", what,
		    program);
}

int cli_close_stdout(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0) {
		cli_warn("stdout: cannot write: %s", strerror(errno));
		return EX_IOERR;
	}
	return status;
}
