/* Lines of a descriptor: borders of the buffer, waiting, stopping, bounds. */
#include "unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "stream/lines.h"

/* Writes its bytes into a pipe in pieces of a size, then closes it. */
struct writer {
	const char *p;
	size_t n, piece;
	int fd;
};

static void *write_pieces(void *arg)
{
	struct writer *w = arg;

	while (w->n > 0) {
		size_t n = w->n < w->piece ? w->n : w->piece;
		ssize_t sent = write(w->fd, w->p, n);

		if (sent < 0 && errno != EINTR)
			break;
		if (sent > 0) {
			w->p += sent;
			w->n -= (size_t)sent;
		}
	}
	close(w->fd);
	return NULL;
}

/* A descriptor from which the bytes come in pieces. */
static int feed(
    struct writer *w, pthread_t *thread, struct slice bytes, size_t piece)
{
	int fds[2];

	if (pipe(fds) != 0)
		exit(71);
	*w = (struct writer){bytes.p, bytes.n, piece, fds[1]};
	pthread_create(thread, NULL, write_pieces, w);
	return fds[0];
}

/* A descriptor from which the bytes come, which fit a pipe. */
static int open_with(struct slice bytes, bool end)
{
	int fds[2];

	if (pipe(fds) != 0 || write(fds[1], bytes.p, bytes.n) < 0)
		exit(71);
	if (end)
		close(fds[1]);
	return fds[0];
}

static void test_kinds(void)
{
	static const struct {
		const char *line;
		size_t n;
	} want[] = {{"one", 3}, {"", 0}, {"two\r", 4}, {"a\0b", 3},
	    {"\xff\xfe", 2}, {"last", 4}};
	int fd = open_with(SLICE("one\n\ntwo\r\na\0b\n\xff\xfe\nlast"), true);
	struct slice line;
	struct lines l;

	lines_init(&l, fd, 100);
	for (size_t i = 0; i < 6; i++) {
		is_int(lines_next(&l, &line, -1), LINES_LINE, "a line");
		ok(slice_eq(line, (struct slice){want[i].line, want[i].n}),
		    "line %zu is as it was sent", i + 1);
		is_int((int64_t)l.number, (int64_t)i + 1, "its number");
	}
	is_int(lines_next(&l, &line, -1), LINES_END, "then it ends");
	is_int(lines_next(&l, &line, -1), LINES_END, "for good");
	is_int((int64_t)l.bytes, 21, "all bytes were counted");
	lines_release(&l);
	close(fd);

	fd = open_with(SLICE(""), true);
	lines_init(&l, fd, 100);
	is_int(lines_next(&l, &line, 0), LINES_END, "of nothing: the end");
	is_int((int64_t)l.number, 0, "no line was there");
	lines_release(&l);
	close(fd);
}

/* Line i of a long text: lengths all around those of buffers and the max. */
static size_t length_of(int i, size_t max)
{
	static const int around[] = {0, 1, 7, 1023, 1024, 1025, 4096, 65536};

	if (i % 11 == 10)
		return max + (size_t)(i % 3) - 1;
	if (i % 37 == 36)
		return max * 3 + 131072 + (size_t)i;
	return (size_t)around[i % 8] * (1 + (size_t)i % 3) % (max + 1);
}

static void long_text(size_t max, size_t piece, const char *name)
{
	enum { LINES = 150 };
	static char text[96 << 20];
	struct writer w;
	struct slice line;
	struct lines l;
	pthread_t thread;
	size_t n = 0, most = 0;
	int bad = 0, fd;

	for (int i = 0; i < LINES; i++) {
		memset(text + n, 'a' + i % 26, length_of(i, max));
		n += length_of(i, max);
		text[n++] = '\n';
	}
	/* The last line has no newline. */
	fd = feed(&w, &thread, (struct slice){text, n - 1}, piece);
	lines_init(&l, fd, max);
	for (int i = 0; i < LINES && !bad; i++) {
		size_t len = length_of(i, max);
		enum lines_result r = lines_next(&l, &line, -1);

		if (r != (len > max ? LINES_TOO_LONG : LINES_LINE) ||
		    (r == LINES_LINE && line.n != len) || line.n > len ||
		    (r == LINES_TOO_LONG && (line.n == 0 || line.n > max)))
			bad = i + 1;
		for (size_t k = 0; k < line.n && !bad; k++)
			if (line.p[k] != 'a' + i % 26)
				bad = i + 1;
		most = l.cap > most ? l.cap : most;
	}
	is_int(bad, 0, "%s: each line is itself, or known as too long", name);
	is_int((int64_t)l.number, LINES, "the numbers are right");
	is_int(lines_next(&l, &line, -1), LINES_END, "then it ends");
	is_int((int64_t)l.bytes, (int64_t)n - 1, "having read all");
	ok(most <= max + (512 << 10), "memory: %zu bytes for lines of %zu",
	    most, max);
	lines_release(&l);
	pthread_join(thread, NULL);
	close(fd);
}

static void test_too_long(void)
{
	int fd = open_with(SLICE("abcdef\nok\nabcdefg\nabcdefgh"), true);
	struct slice line;
	struct lines l;

	lines_init(&l, fd, 6);
	is_int(lines_next(&l, &line, -1), LINES_LINE, "as long as allowed");
	is_int(lines_next(&l, &line, -1), LINES_LINE, "a short one");
	is_int(lines_next(&l, &line, -1), LINES_TOO_LONG, "one byte more");
	is_text(line, "abcdef", "is known by its beginning");
	is_int((int64_t)l.number, 3, "and its number");
	is_int(lines_next(&l, &line, -1), LINES_TOO_LONG, "and at the end");
	is_int((int64_t)l.number, 4, "with its number");
	is_int(lines_next(&l, &line, -1), LINES_END, "then it ends");
	lines_release(&l);
	close(fd);
}

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop += sig == SIGUSR1;
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
}

static void test_waiting(void)
{
	int fds[2];
	struct slice line;
	struct lines l;
	int64_t began;

	if (pipe(fds) != 0)
		return;
	lines_init(&l, fds[0], 1000);
	ok(lines_would_block(&l), "an empty pipe would block");
	is_int(lines_next(&l, &line, 0), LINES_TIMEOUT, "at once");
	began = clock_monotonic();
	is_int(lines_next(&l, &line, 30), LINES_TIMEOUT, "or after a time");
	ok(clock_monotonic() - began >= 25, "that was waited for");
	ok(write(fds[1], "one\ntw", 6) == 6, "some comes");
	ok(!lines_would_block(&l), "there is something");
	is_int(lines_next(&l, &line, 0), LINES_LINE, "a line");
	is_int(lines_next(&l, &line, 0), LINES_TIMEOUT, "half of one is none");
	ok(lines_would_block(&l), "and would block");
	ok(write(fds[1], "o\nthree\n", 8) == 8, "more comes");
	is_int(lines_next(&l, &line, 0), LINES_LINE, "the other half");
	is_text(line, "two", "joins the first");
	ok(!lines_would_block(&l), "a line that is there blocks nothing");
	is_int(lines_next(&l, &line, 0), LINES_LINE, "and is returned");
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	is_int(lines_next(&l, &line, 10), LINES_TIMEOUT,
	    "a descriptor that does not block is waited for as well");
	close(fds[1]);
	ok(!lines_would_block(&l), "an end blocks nothing");
	is_int(lines_next(&l, &line, -1), LINES_END, "it is the end");
	lines_release(&l);
	close(fds[0]);
}

/* A line that is too long and slow does not extend the timeout. */
static void test_slow_and_long(void)
{
	int fds[2];
	struct slice line;
	struct lines l;

	if (pipe(fds) != 0)
		return;
	lines_init(&l, fds[0], 4);
	ok(write(fds[1], "abcdefgh", 8) == 8, "too long, and not ended");
	is_int(lines_next(&l, &line, 0), LINES_TIMEOUT, "the timeout holds");
	ok(write(fds[1], "ijklmnop", 8) == 8, "longer");
	is_int(lines_next(&l, &line, 0), LINES_TIMEOUT, "again");
	stop = 1;
	l.stop = &stop;
	is_int(lines_next(&l, &line, -1), LINES_STOPPED, "stopped meanwhile");
	stop = 0;
	ok(write(fds[1], "q\nok\n", 5) == 5, "it ends");
	is_int(lines_next(&l, &line, -1), LINES_TOO_LONG, "it was one line");
	is_text(line, "abcd", "that began so");
	is_int((int64_t)l.number, 1, "the first");
	is_int(lines_next(&l, &line, -1), LINES_LINE, "the next is good");
	is_text(line, "ok", "and whole");
	lines_release(&l);
	close(fds[0]);
	close(fds[1]);
}

static void *signal_soon(void *arg)
{
	struct timespec nap = {0, 20000000};

	nanosleep(&nap, NULL);
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

static void test_signals(void)
{
	struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	int fd = open_with(SLICE("half a line"), false);
	pthread_t me = pthread_self(), thread;
	struct slice line;
	struct lines l;

	stop = 0;
	lines_init(&l, fd, 1000);
	l.stop = &stop;
	setitimer(ITIMER_REAL, &often, NULL);
	is_int(lines_next(&l, &line, 30), LINES_TIMEOUT,
	    "interrupted often, a wait still ends in time");
	setitimer(ITIMER_REAL, &never, NULL);
	pthread_create(&thread, NULL, signal_soon, &me);
	is_int(lines_next(&l, &line, -1), LINES_STOPPED,
	    "a signal that asks to stop ends the wait");
	pthread_join(thread, NULL);
	is_int(lines_next(&l, &line, -1), LINES_STOPPED, "for good");
	lines_release(&l);
	close(fd);
}

static void test_errors(void)
{
	struct slice line;
	struct lines l;
	int fd = open("/", O_RDONLY);

	lines_init(&l, fd, 100);
	is_int(lines_next(&l, &line, -1), LINES_ERROR, "a folder has no lines");
	is_int(l.err, EISDIR, "the errno of read");
	is_int(lines_next(&l, &line, -1), LINES_ERROR, "nor later");
	lines_release(&l);
	close(fd);
	lines_init(&l, fd, 100); /* closed by now */
	is_int(lines_next(&l, &line, -1), LINES_ERROR,
	    "nor has one that is closed");
	is_int(l.err, EBADF, "the errno of read");
	lines_release(&l);
}

int main(void)
{
	catch_signals();
	test_kinds();
	test_too_long();
	long_text(100, 1, "pieces of one byte");
	long_text(2000, 777, "odd pieces");
	long_text(131072, 65536, "as long as a read");
	long_text(300000, 1 << 20, "longer than a read");
	test_waiting();
	test_slow_and_long();
	test_signals();
	test_errors();
	return tap_done();
}
