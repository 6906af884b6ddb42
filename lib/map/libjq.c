#include "map/libjq.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "value/json_reader.h"
#include "map/frame.h"

#define RECEIVED_AT_ONCE ((size_t)256 << 10)
#define TICK_MS 1000
#define LOSSES_MAX 3	 /* workers in a row, not because of a capture */
#define IGNORED_MAX 1000 /* results after one that is wrong */

/* Keep a socket off the descriptors of the standard streams. */
static bool move_up(int *fd)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, 3);

	close(*fd);
	*fd = moved;
	return moved >= 0;
}

static bool open_sockets(int fd[2])
{
	bool ok[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
		return false;
	ok[0] = move_up(&fd[0]);
	ok[1] = move_up(&fd[1]);
	if (ok[0] && ok[1])
		return true;
	if (ok[0])
		close(fd[0]);
	if (ok[1])
		close(fd[1]);
	return false;
}

/* Fork a worker. False leaves errno. */
static bool start(struct libjq *l)
{
	int fd[2], err;
	pid_t parent = getpid();

	if (!open_sockets(fd))
		return false;
	l->pid = fork();
	if (l->pid == 0) {
		close(fd[0]);
		worker_run(&l->config, fd[1], parent);
	}
	err = errno;
	close(fd[1]);
	if (l->pid < 0) {
		l->pid = 0;
		close(fd[0]);
		errno = err;
		return false;
	}
	l->fd = fd[0];
	l->has_run = false;
	l->in.max = SIZE_MAX / 2;
	buf_clear(&l->in);
	return true;
}

/* Kill the worker, if need be; its status, as waitpid returns it. */
static int end(struct libjq *l)
{
	int status = 0;

	kill(l->pid, SIGKILL);
	while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(l->fd);
	l->pid = 0;
	return status;
}

void libjq_release(struct libjq *l)
{
	if (l->pid)
		end(l);
	buf_release(&l->in);
}

static bool is_crash(int signal)
{
	return signal == SIGABRT || signal == SIGSEGV || signal == SIGBUS ||
	       signal == SIGFPE || signal == SIGILL || signal == SIGTRAP ||
	       signal == SIGSYS;
}

static void put_end(struct buf *why, int status)
{
	buf_clear(why);
	if (WIFSIGNALED(status))
		buf_printf(
		    why, "its worker ended by signal %d", WTERMSIG(status));
	else
		buf_printf(
		    why, "its worker ended by status %d", WEXITSTATUS(status));
}

static enum libjq_outcome fail(
    struct libjq *l, const char *what, int err, struct buf *why)
{
	l->err = err;
	buf_clear(why);
	buf_printf(why, "%s: %s", what, strerror(err));
	return LIBJQ_BROKEN;
}

/* A worker cannot be talked to, with an errno, or ended for no capture. */
static enum libjq_outcome lose(
    struct libjq *l, int err, int status, struct buf *why)
{
	if (++l->losses < LOSSES_MAX)
		return LIBJQ_LOST;
	if (err)
		return fail(l, "cannot talk to a worker", err, why);
	l->err = 0;
	buf_clear(why);
	buf_printf(why, "cannot %s a worker: it ended by status %d",
	    l->has_run ? "keep" : "start", WEXITSTATUS(status));
	return LIBJQ_BROKEN;
}

/* The worker has ended, or with an errno cannot be read from or written to. */
static enum libjq_outcome reap(struct libjq *l, int err, struct buf *why)
{
	int status = end(l);

	if (err || (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_BROKEN))
		return lose(l, err, status, why);
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_NO_MEMORY)
		return LIBJQ_NO_MEMORY;
	put_end(why, status);
	return WIFSIGNALED(status) && is_crash(WTERMSIG(status)) ? LIBJQ_CRASHED
								 : LIBJQ_KILLED;
}

static bool is_gone(int err)
{
	return err == EPIPE || err == ECONNRESET;
}

/* Send bytes; an errno, or 0. A worker that has ended is found by receiving. */
static int send_all(struct libjq *l, const void *from, size_t n)
{
	const char *p = from;

	while (n > 0) {
		ssize_t sent = send(l->fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && is_gone(errno)) {
			/* If still alive, it would wait for ever. */
			kill(l->pid, SIGKILL);
			return 0;
		}
		if (sent < 0 && errno != EINTR)
			return errno;
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

/*
 * Wait for bytes. Only such waits count for the time limit: not the time while
 * a result is used, or while all processes are suspended. 1 if there are some,
 * 0 after the limit, -1 leaves errno.
 */
static int wait_readable(struct libjq *l)
{
	while (l->waited_ms < l->config.timeout_ms) {
		struct pollfd fd = {.fd = l->fd, .events = POLLIN};
		int64_t left = l->config.timeout_ms - l->waited_ms;
		int64_t limit = left < TICK_MS ? left : TICK_MS;
		int64_t began = clock_monotonic(), waited;
		int n = poll(&fd, 1, (int)limit);

		waited = clock_monotonic() - began;
		l->waited_ms += waited < limit ? waited : limit;
		if (n > 0 || (n < 0 && errno != EINTR))
			return n;
	}
	return 0;
}

/* What is made of the responses to a request. */
struct exchange {
	struct buf *why;
	bool ended, wrong;
	unsigned ignored;
	enum libjq_outcome outcome;
};

static void handle(struct libjq *l, struct exchange *x,
    const struct frame_response *head, struct slice text)
{
	switch (head->kind) {
	case FRAME_DEBUG: l->debug(text); return;
	case FRAME_RESULT:
		if (x->wrong)
			x->ignored++;
		else
			x->wrong = !l->result(l->ctx, text);
		return;
	case FRAME_FAILED:
	case FRAME_READY:
		buf_set(x->why, text);
		x->outcome = head->kind == FRAME_FAILED || text.n > 0
				 ? LIBJQ_FAILED
				 : LIBJQ_DONE;
		break;
	default: x->outcome = LIBJQ_DONE; break;
	}
	x->ended = true;
	if (head->kind != FRAME_READY)
		l->losses = 0;
	if (head->retiring)
		end(l);
}

/* Handle every complete response that was received. */
static void handle_all(struct libjq *l, struct exchange *x)
{
	struct slice rest = buf_slice(&l->in);
	struct frame_response head;

	while (!x->ended && rest.n >= sizeof(head)) {
		memcpy(&head, rest.p, sizeof(head));
		if (rest.n - sizeof(head) < head.text)
			break;
		rest = slice_from(rest, sizeof(head));
		handle(l, x, &head, (struct slice){rest.p, head.text});
		rest = slice_from(rest, head.text);
	}
	if (rest.n)
		memmove(l->in.p, rest.p, rest.n);
	l->in.n = rest.n;
}

/* Receive responses up to the last one. */
static enum libjq_outcome receive(struct libjq *l, struct buf *why)
{
	struct exchange x = {.why = why};

	l->waited_ms = 0;
	while (!x.ended) {
		int ready = wait_readable(l);
		char *to;
		ssize_t n;

		if (ready < 0)
			return fail(l, "cannot wait for a worker", errno, why);
		if (ready == 0 || x.ignored > IGNORED_MAX) {
			end(l);
			return x.wrong ? LIBJQ_WRONG : LIBJQ_TIMED_OUT;
		}
		to = buf_reserve(&l->in, RECEIVED_AT_ONCE + READER_PAD);
		n = recv(l->fd, to, RECEIVED_AT_ONCE, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return reap(
			    l, n == 0 || is_gone(errno) ? 0 : errno, why);
		memset(to + n, 0, READER_PAD);
		l->in.n += (size_t)n;
		handle_all(l, &x);
	}
	return x.wrong ? LIBJQ_WRONG : x.outcome;
}

/* Start a worker and have it compile, unless one runs. */
static enum libjq_outcome need_worker(struct libjq *l, struct buf *why)
{
	enum libjq_outcome outcome = LIBJQ_LOST;

	if (l->pid)
		return LIBJQ_DONE;
	while (outcome == LIBJQ_LOST) {
		if (!start(l))
			return fail(l, "cannot start a worker", errno, why);
		outcome = receive(l, why);
	}
	return outcome;
}

enum libjq_outcome libjq_start(struct libjq *l, struct buf *why)
{
	return need_worker(l, why);
}

enum libjq_outcome libjq_run(
    struct libjq *l, uint32_t program, struct slice capture, struct buf *why)
{
	struct frame_request head = {program, (uint32_t)capture.n};
	enum libjq_outcome outcome = need_worker(l, why);
	int err;

	if (outcome != LIBJQ_DONE)
		return outcome;
	err = send_all(l, &head, sizeof(head));
	if (!err)
		err = send_all(l, capture.p, capture.n);
	if (err)
		return reap(l, err, why);
	l->has_run = true;
	return receive(l, why);
}
