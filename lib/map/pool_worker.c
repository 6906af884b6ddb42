#include "map/pool_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKER_READ_SIZE ((size_t)256 << 10)

void pool_worker_init(struct pool_worker *w)
{
	w->fd = -1;
	w->in.max = SIZE_MAX / 2;
}

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
	if (ok[0] && ok[1] && fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0)
		return true;
	if (ok[0])
		close(fd[0]);
	if (ok[1])
		close(fd[1]);
	return false;
}

bool pool_worker_start(struct pool_worker *w,
    const struct worker_config *config, const struct pool_worker all[])
{
	int fd[2], err;
	pid_t pid, parent = getpid();

	if (!open_sockets(fd))
		return false;
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < POOL_WORKERS_MAX; i++)
			if (all[i].pid)
				close(all[i].fd);
		close(fd[0]);
		worker_run(config, fd[1], parent);
	}
	err = errno;
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		errno = err;
		return false;
	}
	buf_clear(&w->in);
	*w = (struct pool_worker){.pid = pid, .fd = fd[0], .in = w->in};
	return true;
}

int pool_worker_end(struct pool_worker *w)
{
	int status = 0;

	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(w->fd);
	w->fd = -1;
	w->pid = 0;
	return status;
}

bool pool_worker_is_idle(const struct pool_worker *w)
{
	return w->ready && !w->first;
}

void pool_worker_assign(struct pool_worker *w, struct pool_job *j)
{
	j->assigned = true;
	j->next_assigned = NULL;
	if (w->last)
		w->last->next_assigned = j;
	else
		w->first = j;
	w->last = j;
	if (!w->sending)
		w->sending = j;
	w->jobs++;
	w->bytes += j->frame.n;
}

struct pool_job *pool_worker_unassign(struct pool_worker *w)
{
	struct pool_job *j = w->first;

	w->first = j->next_assigned;
	if (!w->first)
		w->last = NULL;
	if (w->sending == j) {
		w->sending = w->first;
		w->sent = 0;
	}
	w->jobs--;
	w->bytes -= j->frame.n;
	j->assigned = false;
	w->waited_ms = 0;
	return j;
}

/* Whether an error means that the process has ended. */
static bool is_gone(int err)
{
	return err == EPIPE || err == ECONNRESET;
}

static bool would_block(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK;
}

void pool_worker_send(struct pool_worker *w)
{
	while (w->sending) {
		const struct buf *f = &w->sending->frame;
		ssize_t n =
		    send(w->fd, f->p + w->sent, f->n - w->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && would_block(errno))
			return;
		if (n < 0) {
			w->err = is_gone(errno) ? 0 : errno;
			w->broken = true;
			w->sending = NULL;
			/* If still alive, it would wait for ever. */
			kill(w->pid, SIGKILL);
			return;
		}
		w->sent += (size_t)n;
		if (w->sent == f->n) {
			w->sending = w->sending->next_assigned;
			w->sent = 0;
		}
	}
}

/* Handle every complete response that was received. */
static void handle_responses(struct pool_worker *w,
    void (*handle)(void *ctx, struct pool_worker *,
	const struct frame_response *, struct slice text),
    void *ctx)
{
	struct slice rest = buf_slice(&w->in);
	struct frame_response head;

	while (rest.n >= sizeof(head)) {
		memcpy(&head, rest.p, sizeof(head));
		if (rest.n - sizeof(head) < head.text) {
			/* Rows that are being received were mapped in time. */
			if (head.kind != FRAME_DEBUG)
				w->waited_ms = 0;
			break;
		}
		rest = slice_from(rest, sizeof(head));
		handle(ctx, w, &head, (struct slice){rest.p, head.text});
		rest = slice_from(rest, head.text);
	}
	memmove(w->in.p, rest.p, rest.n);
	w->in.n = rest.n;
}

bool pool_worker_receive(struct pool_worker *w,
    void (*handle)(void *ctx, struct pool_worker *,
	const struct frame_response *, struct slice text),
    void *ctx)
{
	for (;;) {
		char *to = buf_reserve(&w->in, WORKER_READ_SIZE);
		ssize_t n = recv(w->fd, to, WORKER_READ_SIZE, 0);

		if (n > 0) {
			w->in.n += (size_t)n;
			handle_responses(w, handle, ctx);
			if ((size_t)n < WORKER_READ_SIZE)
				return true;
		} else if (n == 0 || is_gone(errno)) {
			return false;
		} else if (would_block(errno)) {
			return true;
		} else if (errno != EINTR) {
			w->err = errno;
			return false;
		}
	}
}
