#include "map/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "map/frame.h"

#define AHEAD_BYTES ((size_t)384 << 10) /* assigned to one worker at a time */
#define AHEAD_JOBS 32
#define QUEUE_BYTES ((size_t)2 << 20) /* queued in all, per worker */
#define POOL_READ_SIZE ((size_t)256 << 10)
#define TICK_MS 1000
#define LOSSES_MAX 3 /* workers in a row, not because of a capture */

struct queued_job {
	struct queued_job *next;	  /* in the order of the input */
	struct queued_job *next_assigned; /* in the order of its worker */
	struct buf frame;		  /* as it is sent */
	size_t line_at;			  /* where the capture begins in it */
	bool assigned;
	bool done;
	bool killed_once; /* its worker was, from outside */
	struct buf text;  /* the response, or the detail of a failure */
	struct pool_result result;
};

struct worker_process {
	pid_t pid; /* 0 for none */
	int fd;
	bool ready;
	bool timed_out;
	bool retiring; /* it is about to exit by itself */
	bool broken;   /* nothing more can be sent to it */
	int err;       /* errno, if we cannot talk to it; else 0 */
	struct queued_job *first, *last; /* assigned to it */
	struct queued_job *sending;	 /* not completely sent yet */
	size_t sent;			 /* of that, in bytes */
	size_t given_bytes;
	unsigned given;
	int64_t waited_ms; /* for the first job, without a response */
	struct buf in;
};

struct pool {
	struct pool_config config;
	struct queued_job *head, *tail; /* all jobs */
	struct queued_job *waiting;	/* the first that may be unassigned */
	struct queued_job *spare;	/* for reuse */
	size_t bytes;
	size_t jobs;
	struct buf *start_why; /* for the compiler's message */
	bool start_answered;
	unsigned losses;    /* since a capture was mapped, or refused */
	const char *cannot; /* what failed, once the pool has failed */
	int err;	    /* why, or 0 if a worker's end is why: */
	int ended;	    /* as waitpid returns it */
	struct worker_process worker[POOL_WORKERS_MAX];
};

struct pool *pool_new(const struct pool_config *config)
{
	struct pool *p = mem_zero(1, sizeof(*p));

	p->config = *config;
	for (unsigned i = 0; i < POOL_WORKERS_MAX; i++) {
		p->worker[i].fd = -1;
		p->worker[i].in.max = SIZE_MAX / 2;
	}
	return p;
}

static void job_free(struct queued_job *j)
{
	buf_release(&j->frame);
	buf_release(&j->text);
	free(j);
}

/* Wait for a process to exit; its status. */
static int wait_for_exit(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int end_process(struct worker_process *w)
{
	int status;

	kill(w->pid, SIGKILL);
	status = wait_for_exit(w->pid);
	close(w->fd);
	w->fd = -1;
	w->pid = 0;
	return status;
}

void pool_free(struct pool *p)
{
	struct queued_job *j, *next;

	if (!p)
		return;
	for (unsigned i = 0; i < POOL_WORKERS_MAX; i++) {
		if (p->worker[i].pid)
			end_process(&p->worker[i]);
		buf_release(&p->worker[i].in);
	}
	for (j = p->head; j; j = next) {
		next = j->next;
		job_free(j);
	}
	for (j = p->spare; j; j = next) {
		next = j->next;
		job_free(j);
	}
	free(p);
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

static bool spawn(struct pool *p, struct worker_process *w)
{
	int fd[2], err;
	pid_t pid, parent = getpid();

	if (!open_sockets(fd))
		return false;
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < POOL_WORKERS_MAX; i++)
			if (p->worker[i].pid)
				close(p->worker[i].fd);
		close(fd[0]);
		worker_run(&p->config.worker, fd[1], parent);
	}
	err = errno;
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		errno = err;
		return false;
	}
	buf_clear(&w->in);
	*w = (struct worker_process){.pid = pid, .fd = fd[0], .in = w->in};
	return true;
}

/* Assign to a worker as many jobs as it may have. */
static void assign(struct pool *p, struct worker_process *w)
{
	struct queued_job *j = p->waiting;

	while (j && !w->broken &&
	       (w->given == 0 ||
		   (w->given < AHEAD_JOBS && w->given_bytes < AHEAD_BYTES))) {
		if (!j->assigned && !j->done) {
			j->assigned = true;
			j->next_assigned = NULL;
			if (w->last)
				w->last->next_assigned = j;
			else
				w->first = j;
			w->last = j;
			if (!w->sending)
				w->sending = j;
			w->given++;
			w->given_bytes += j->frame.n;
		}
		j = j->next;
	}
}

/* Take the first of its jobs away from a worker. */
static struct queued_job *unassign_first(struct worker_process *w)
{
	struct queued_job *j = w->first;

	w->first = j->next_assigned;
	if (!w->first)
		w->last = NULL;
	if (w->sending == j) {
		w->sending = w->first;
		w->sent = 0;
	}
	w->given--;
	w->given_bytes -= j->frame.n;
	j->assigned = false;
	w->waited_ms = 0;
	return j;
}

/* The pool has failed. False, for callers to return. */
static bool fail_pool(struct pool *p, const char *cannot, int err, int ended)
{
	p->cannot = cannot;
	p->err = err;
	p->ended = ended;
	return false;
}

static void job_fail(
    struct queued_job *j, const char *failure, const char *detail)
{
	buf_clear(&j->text);
	buf_puts(&j->text, detail);
	j->done = true;
	j->result.failure = failure;
	j->result.detail = buf_slice(&j->text);
}

static bool is_crash(int signal)
{
	return signal == SIGABRT || signal == SIGSEGV || signal == SIGBUS ||
	       signal == SIGFPE || signal == SIGILL || signal == SIGTRAP ||
	       signal == SIGSYS;
}

/* Fail the job that a worker was at, by how it ended, or try it again. */
static void fail_by_exit(struct pool *p, struct queued_job *j,
    const struct worker_process *w, int status)
{
	char detail[80];
	int64_t timeout = p->config.worker.timeout_ms;

	if (w->timed_out) {
		snprintf(detail, sizeof(detail), "it took longer than %lld %s",
		    (long long)(timeout % 1000 ? timeout : timeout / 1000),
		    timeout % 1000 ? "ms" : "s");
		job_fail(j, "mapping timed out", detail);
	} else if (WIFEXITED(status) &&
		   WEXITSTATUS(status) == WORKER_NO_MEMORY) {
		snprintf(detail, sizeof(detail),
		    "it needs more memory than %zu MiB",
		    p->config.worker.memory >> 20);
		job_fail(j, "mapping out of memory", detail);
	} else if (j->killed_once ||
		   (WIFSIGNALED(status) && is_crash(WTERMSIG(status)))) {
		snprintf(detail, sizeof(detail), "its worker ended by %s %d",
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status)
					: WEXITSTATUS(status));
		job_fail(j, "mapping crashed", detail);
	} else {
		/* Killed from outside: try it once more. */
		j->killed_once = true;
	}
}

/* Whether a worker ended for another reason than its capture. */
static bool is_lost(const struct worker_process *w, int status)
{
	if (w->timed_out)
		return false;
	return w->err ||
	       (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_BROKEN);
}

/*
 * A worker was lost; its jobs go to another one. The pool fails if that keeps
 * happening.
 */
static void count_loss(
    struct pool *p, const struct worker_process *w, int status)
{
	if (++p->losses < LOSSES_MAX)
		return;
	if (w->err)
		fail_pool(p, "cannot talk to a worker", w->err, 0);
	else
		fail_pool(p,
		    w->ready ? "cannot keep a worker" : "cannot start a worker",
		    0, status);
}

static const char *compiler_failure(const struct worker_process *w, int status)
{
	if (w->timed_out)
		return "compiling takes too long";
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_NO_MEMORY)
		return "compiling takes too much memory";
	return "the compiler cannot cope with it";
}

/* Reap a worker: its first job may fail, the others get another worker. */
static void reap_worker(struct pool *p, struct worker_process *w)
{
	struct worker_process dead = *w;
	int status = end_process(w);
	bool lost = is_lost(&dead, status);

	if (lost)
		count_loss(p, &dead, status);
	else if (dead.first && !dead.retiring)
		fail_by_exit(p, unassign_first(w), &dead, status);
	while (w->first)
		unassign_first(w);
	p->waiting = p->head;
	if (p->start_why && !p->start_answered && !lost) {
		const struct worker_config *c = &p->config.worker;

		buf_printf(p->start_why, "%s: %s",
		    c->filter_count == 1 ? c->filters->file : "-f",
		    compiler_failure(&dead, status));
		p->start_answered = true;
	}
}

static void handle_response(struct pool *p, struct worker_process *w,
    const struct frame_response *head, struct slice text)
{
	struct queued_job *j = w->first;

	switch (head->kind) {
	case FRAME_READY:
		w->ready = true;
		w->waited_ms = 0;
		if (p->start_why && !p->start_answered) {
			buf_put_slice(p->start_why, text);
			p->start_answered = true;
		}
		return;
	case FRAME_DEBUG:
		if (p->config.debug)
			p->config.debug(p->config.ctx, text);
		return;
	default: break;
	}
	if (!j)
		return;
	unassign_first(w);
	p->losses = 0;
	w->retiring = head->retiring != 0;
	buf_clear(&j->text);
	buf_put_slice(&j->text, text);
	j->done = true;
	text = buf_slice(&j->text);
	if (head->kind == FRAME_FAILED) {
		j->result.failure = "mapping failed";
		j->result.detail = text;
		return;
	}
	j->result.rows = (struct slice){text.p, text.n - head->part_errors};
	j->result.part_errors = slice_from(text, text.n - head->part_errors);
}

/* Handle every complete response that was received. */
static void handle_responses(struct pool *p, struct worker_process *w)
{
	size_t at = 0;
	struct frame_response head;

	while (w->in.n - at >= sizeof(head)) {
		struct slice rest = {w->in.p + at, w->in.n - at};

		memcpy(&head, rest.p, sizeof(head));
		if (rest.n - sizeof(head) < head.text)
			break;
		handle_response(p, w, &head,
		    (struct slice){rest.p + sizeof(head), head.text});
		at += sizeof(head) + head.text;
	}
	if (at > 0) {
		memmove(w->in.p, w->in.p + at, w->in.n - at);
		w->in.n -= at;
	}
	if (w->in.n >= sizeof(head)) {
		memcpy(&head, w->in.p, sizeof(head));
		/* Rows that are being received were mapped in time. */
		if (head.kind != FRAME_DEBUG)
			w->waited_ms = 0;
	}
}

/* Whether an error means that the worker has ended. */
static bool is_gone(int err)
{
	return err == EPIPE || err == ECONNRESET;
}

/* Read what is available; false if the worker has ended. */
static bool receive(struct pool *p, struct worker_process *w)
{
	for (;;) {
		char *to = buf_reserve(&w->in, POOL_READ_SIZE);
		ssize_t n = recv(w->fd, to, POOL_READ_SIZE, 0);

		if (n > 0) {
			w->in.n += (size_t)n;
			handle_responses(p, w);
			if ((size_t)n < POOL_READ_SIZE)
				return true;
		} else if (n == 0 || is_gone(errno)) {
			return false;
		} else if (errno != EAGAIN && errno != EWOULDBLOCK &&
			   errno != EINTR) {
			w->err = errno;
			return false;
		} else if (errno != EINTR) {
			return true;
		}
	}
}

/* Send what the socket takes; receive notices if the worker has ended. */
static void feed(struct worker_process *w)
{
	while (w->sending) {
		const struct buf *f = &w->sending->frame;
		ssize_t n =
		    send(w->fd, f->p + w->sent, f->n - w->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK) {
				w->err = is_gone(errno) ? 0 : errno;
				w->broken = true;
				w->sending = NULL;
				/* If still alive, it would wait for ever. */
				kill(w->pid, SIGKILL);
			}
			return;
		}
		w->sent += (size_t)n;
		if (w->sent == f->n) {
			w->sending = w->sending->next_assigned;
			w->sent = 0;
		}
	}
}

static bool work_waits(struct pool *p)
{
	while (p->waiting && (p->waiting->assigned || p->waiting->done))
		p->waiting = p->waiting->next;
	return p->waiting != NULL;
}

/* Start the workers that are needed and give them jobs; false if none runs. */
static bool start_workers(struct pool *p)
{
	bool any = false, wanted = p->start_why != NULL;
	int err = 0;

	for (unsigned i = 0; i < p->config.workers; i++)
		if (p->worker[i].pid && p->worker[i].retiring)
			reap_worker(p, &p->worker[i]);
	for (unsigned i = 0; i < p->config.workers; i++) {
		struct worker_process *w = &p->worker[i];

		if (!w->pid && (wanted || work_waits(p)) && err == 0 &&
		    !spawn(p, w))
			err = errno;
		wanted = false;
		if (!w->pid)
			continue;
		any = true;
		assign(p, w);
		feed(w);
	}
	return any || err == 0 || fail_pool(p, "cannot start a worker", err, 0);
}

bool pool_wait(struct pool *p, int input)
{
	struct pollfd fds[POOL_WORKERS_MAX + 1];
	int64_t limit = p->config.worker.timeout_ms, timeout = -1;
	int64_t began, waited;
	unsigned n = p->config.workers;

	if (p->cannot || !start_workers(p))
		return false;
	for (unsigned i = 0; i < n; i++) {
		struct worker_process *w = &p->worker[i];

		fds[i] = (struct pollfd){.fd = w->fd, .events = POLLIN};
		if (w->sending)
			fds[i].events |= POLLOUT;
		if (!w->pid || (w->ready && !w->first))
			continue;
		if (timeout < 0 || timeout > limit - w->waited_ms)
			timeout = limit - w->waited_ms;
	}
	if (timeout > TICK_MS)
		timeout = TICK_MS;
	fds[n] = (struct pollfd){.fd = input, .events = POLLIN};
	began = clock_monotonic();
	if (poll(fds, n + 1, (int)timeout) < 0)
		return errno == EINTR /* the caller looks at the signal */
		       || fail_pool(p, "cannot wait for a worker", errno, 0);

	/*
	 * A worker's time runs only while we wait for it here: not while
	 * stdout was blocked, or all of us were suspended.
	 */
	waited = clock_monotonic() - began;
	if (timeout >= 0 && waited > timeout)
		waited = timeout;
	for (unsigned i = 0; i < n; i++) {
		struct worker_process *w = &p->worker[i];

		if (!w->pid)
			continue;
		w->waited_ms += w->ready && !w->first ? 0 : waited;
		if ((fds[i].revents & ~POLLOUT) && !receive(p, w)) {
			reap_worker(p, w);
		} else if (w->waited_ms >= limit && (w->first || !w->ready)) {
			w->timed_out = true;
			reap_worker(p, w);
		}
	}
	return !p->cannot;
}

int pool_failure(const struct pool *p, struct buf *why)
{
	if (p->err)
		buf_printf(why, "%s: %s", p->cannot, strerror(p->err));
	else
		buf_printf(why, "%s: it ended by %s %d", p->cannot,
		    WIFSIGNALED(p->ended) ? "signal" : "status",
		    WIFSIGNALED(p->ended) ? WTERMSIG(p->ended)
					  : WEXITSTATUS(p->ended));
	return p->err == ENOMEM ? EX_OSERR : EX_UNAVAILABLE;
}

int pool_start(struct pool *p, struct buf *why)
{
	p->start_why = why;
	while (!p->start_answered)
		if (!pool_wait(p, -1))
			break;
	p->start_why = NULL;
	if (!p->start_answered)
		return pool_failure(p, why);
	return why->n == 0 ? 0 : EX_CONFIG;
}

static struct queued_job *new_job(struct pool *p)
{
	struct queued_job *j = p->spare;

	if (!j) {
		j = mem_zero(1, sizeof(*j));
		j->frame.max = j->text.max = SIZE_MAX / 2;
		return j;
	}
	p->spare = j->next;
	buf_clear(&j->frame);
	buf_clear(&j->text);
	*j = (struct queued_job){.frame = j->frame, .text = j->text};
	return j;
}

void pool_submit(struct pool *p, const struct pool_job *from)
{
	struct queued_job *j = new_job(p);
	struct frame_job head = {.endpoint = (uint32_t)from->endpoint.n,
	    .suffix = (uint32_t)from->suffix.n,
	    .line = (uint32_t)from->line.n,
	    .with_body = from->with_body};

	buf_put(&j->frame, &head, sizeof(head));
	buf_put_slice(&j->frame, from->endpoint);
	buf_put_slice(&j->frame, from->suffix);
	j->line_at = j->frame.n;
	buf_put_slice(&j->frame, from->line);
	j->result.number = from->number;
	if (p->tail)
		p->tail->next = j;
	else
		p->head = j;
	p->tail = j;
	if (!p->waiting)
		p->waiting = j;
	p->jobs++;
	p->bytes += j->frame.n;
}

bool pool_full(const struct pool *p)
{
	return p->jobs >= (size_t)2 * AHEAD_JOBS * p->config.workers ||
	       p->bytes >= QUEUE_BYTES * p->config.workers;
}

bool pool_busy(const struct pool *p)
{
	return p->head != NULL;
}

const struct pool_result *pool_done(struct pool *p)
{
	struct queued_job *j = p->head;

	if (!j || !j->done)
		return NULL;
	j->result.line =
	    (struct slice){j->frame.p + j->line_at, j->frame.n - j->line_at};
	return &j->result;
}

void pool_pop(struct pool *p)
{
	struct queued_job *j = p->head;

	p->head = j->next;
	if (!p->head)
		p->tail = NULL;
	if (p->waiting == j)
		p->waiting = j->next;
	p->jobs--;
	p->bytes -= j->frame.n;
	/* Do not keep the memory of an unusually big capture. */
	if (j->frame.cap > QUEUE_BYTES || j->text.cap > QUEUE_BYTES) {
		job_free(j);
		return;
	}
	j->next = p->spare;
	p->spare = j;
}
