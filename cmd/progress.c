#include "progress.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "cli.h"
#include "terminal.h"

#define FIRST_AFTER 500 /* ms */
#define DRAW_EVERY 200
#define LINE_EVERY (10 * CLOCK_SECOND)

static struct {
	void (*describe)(void *ctx, struct progress *);
	void *ctx;
	bool wanted, drawn;
	const char *erase; /* the line, or "" if it cannot be */
	int64_t began, next;
} shown;

static bool is_wanted(bool option, unsigned when)
{
	struct stat st;

	if (option)
		return true;
	if (!terminal_has_escapes(STDERR_FILENO))
		return false;
	if (when & PROGRESS_PRINTS && isatty(STDOUT_FILENO))
		return false;
	return !(when & PROGRESS_READS) ||
	       (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode));
}

void progress_begin(bool option, unsigned when,
    void (*describe)(void *ctx, struct progress *), void *ctx)
{
	shown.describe = describe;
	shown.ctx = ctx;
	shown.wanted = is_wanted(option, when);
	shown.erase = terminal_erase(STDERR_FILENO);
	shown.began = clock_monotonic();
	shown.next = shown.began + (*shown.erase ? FIRST_AFTER : LINE_EVERY);
}

/* A program that a signal kills leaves no line behind. */
static void erase_and_die(int signal)
{
	ssize_t n = write(STDERR_FILENO, shown.erase, strlen(shown.erase));

	(void)n;
	raise(signal); /* its action is the default one again */
}

static void catch_signals(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
	struct sigaction erase = {
	    .sa_handler = erase_and_die, .sa_flags = (int)SA_RESETHAND};
	struct sigaction before;

	sigemptyset(&erase.sa_mask);
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if (sigaction(signals[i], NULL, &before) == 0 &&
		    before.sa_handler == SIG_DFL)
			sigaction(signals[i], &erase, NULL);
}

/* Append the time left, and the rate, if they are known and there is room. */
static void put_rate(struct progress *p, int64_t now, size_t room)
{
	double seconds = (double)(now - shown.began) / 1000;
	double rate = seconds > 0 ? (double)p->done / seconds : 0;
	char speed[64], left[64] = "";

	if (rate <= 0)
		return;
	snprintf(speed, sizeof(speed), ", %.*f a second", rate < 10, rate);
	if (p->total > p->done) {
		uint64_t s = (uint64_t)((double)(p->total - p->done) / rate);

		snprintf(left, sizeof(left), ", %" PRIu64 ":%02" PRIu64 " left",
		    s / 60, s % 60);
	}
	if (p->text.n + strlen(speed) + strlen(left) <= room)
		buf_puts(&p->text, speed);
	if (p->text.n + strlen(left) <= room)
		buf_puts(&p->text, left);
}

/* The cursor waits at the line's beginning: what others print begins there. */
static void show(int64_t now)
{
	int columns = INT_MAX;
	struct progress p = {.text = BUF_INIT(8192)};

	shown.describe(shown.ctx, &p);
	if (p.text.n == 0)
		return;
	if (*shown.erase)
		columns = terminal_columns(STDERR_FILENO) - 1 -
			  (int)strlen(cli_program()) - 2;
	put_rate(&p, now, (size_t)columns);
	fprintf(stderr, "%s%s: ", shown.erase, cli_program());
	terminal_put(buf_slice(&p.text), columns, stderr);
	putc(*shown.erase ? '\r' : '\n', stderr);
	fflush(stderr);
	buf_release(&p.text);
}

void progress_step(void)
{
	int64_t now;

	if (!shown.wanted || (now = clock_monotonic()) < shown.next)
		return;
	if (*shown.erase && !shown.drawn)
		catch_signals();
	shown.drawn = true;
	shown.next = now + (*shown.erase ? DRAW_EVERY : LINE_EVERY);
	show(now);
}

void progress_end(void)
{
	if (shown.wanted && !*shown.erase)
		show(clock_monotonic());
	else if (shown.drawn)
		fputs(shown.erase, stderr);
	fflush(stderr);
	shown.wanted = shown.drawn = false;
}
