/* Buffered output: short writes, signals, full disks and closed readers. */
#include "unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/out.h"

#define TOTAL ((size_t)3000017)

static void on_alarm(int sig)
{
	(void)sig;
}

/* Reads a pipe to its end in odd pieces, and compares with the pattern. */
struct reader {
	int fd;
	size_t got;
	bool right;
};

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 31 + (i >> 8));
}

static void *read_all(void *arg)
{
	struct reader *r = arg;
	unsigned char piece[777];
	ssize_t n;

	while ((n = read(r->fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		for (ssize_t i = 0; i < n; i++)
			r->right = r->right && piece[i] == pattern(r->got++);
	}
	return NULL;
}

static void put_pattern(struct out *o)
{
	unsigned char piece[9001];
	size_t sent = 0, n = 1;

	while (sent < TOTAL) {
		if (n > TOTAL - sent)
			n = TOTAL - sent;
		for (size_t i = 0; i < n; i++)
			piece[i] = pattern(sent + i);
		if (!out_put(o, piece, n))
			return;
		sent += n;
		n = n * 7 % sizeof(piece) + 1;
	}
}

/* A timer interrupts the writes again and again. */
static void pester(suseconds_t every)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	struct itimerval t = {{0, every}, {0, every}};

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

static void through_pipe(size_t cap, bool nonblocking, const char *name)
{
	struct reader r = {.right = true};
	sigset_t alarms;
	pthread_t thread;
	struct out o;
	int fds[2];

	if (pipe(fds) != 0)
		return;
	if (nonblocking)
		fcntl(fds[1], F_SETFL, O_NONBLOCK);
	r.fd = fds[0];
	/* The reader is left in peace: the signals go to the writer. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	pthread_create(&thread, NULL, read_all, &r);
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	pester(500);
	out_init(&o, fds[1], cap);
	put_pattern(&o);
	ok(out_close(&o), "%s: all is written", name);
	is_int(o.err, 0, "without an error");
	pester(0);
	pthread_join(thread, NULL);
	is_int((int64_t)r.got, (int64_t)TOTAL, "all arrives");
	ok(r.right, "in its order");
	out_release(&o);
	close(fds[0]);
}

static void test_full_disk(void)
{
	struct out o;
	int fd = open("/dev/full", O_WRONLY);

	if (fd < 0)
		return;
	out_init(&o, fd, 100);
	ok(out_put(&o, "x", 1), "a full disk is not noticed at once");
	ok(!out_flush(&o), "but when the buffer goes out");
	is_int(o.err, ENOSPC, "with the system's reason");
	ok(!out_put(&o, "x", 1), "nothing is written after that");
	ok(!out_put_slice(&o, SLICE("y")), "by no way");
	ok(!out_flush(&o), "nor flushed");
	ok(!out_close(&o), "and closing fails, too");
	is_int(o.err, ENOSPC, "with the first reason");
	out_release(&o);

	out_init(&o, open("/dev/full", O_WRONLY), 100);
	out_put(&o, "x", 1);
	ok(!out_close(&o), "closing alone notices too");
	out_release(&o);
	out_init(&o, open("/dev/full", O_WRONLY), 4);
	ok(!out_put(&o, "longer than the buffer", 22),
	    "so does a write longer than the buffer");
	out_close(&o);
	out_release(&o);
}

static void test_closed_reader(void)
{
	struct out o;
	int fds[2];

	if (pipe(fds) != 0)
		return;
	signal(SIGPIPE, SIG_IGN);
	close(fds[0]);
	out_init(&o, fds[1], 10);
	ok(out_put(&o, "0123456789", 10), "a full buffer waits");
	ok(!out_put(&o, "x", 1), "one more byte finds the reader gone");
	is_int(o.err, EPIPE, "with its errno");
	out_close(&o);
	out_release(&o);
}

static void test_bad_descriptor(void)
{
	struct out o;

	out_init(&o, -1, 10);
	ok(out_close(&o), "nothing to write, nothing to close: no error");
	out_release(&o);
	out_init(&o, -1, 10);
	out_put(&o, "x", 1);
	ok(!out_close(&o) && o.err == EBADF, "but for something to write");
	out_release(&o);
}

int main(void)
{
	through_pipe(64, false, "small buffer");
	through_pipe(65536, false, "big buffer");
	through_pipe(4096, true, "pipe that does not block");
	test_full_disk();
	test_closed_reader();
	test_bad_descriptor();
	return tap_done();
}
