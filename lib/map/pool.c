#include "map/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/mem.h"
#include "map/frame.h"
#include "map/pool_worker.h"

#define AHEAD_BYTES ((size_t)384 << 10) /* assigned to one worker at a time */
#define AHEAD_JOBS 32
#define QUEUE_BYTES ((size_t)2 << 20) /* queued in all, per worker */
#define TICK_MS 1000
#define LOSSES_MAX 3 /* workers in a row, not because of a capture */

struct pool {
	struct pool_config config;
	struct pool_job *head, *tail; /* all jobs */
	struct pool_job *waiting;     /* the first that may be unassigned */
	size_t bytes;
	size_t jobs;
	struct buf
	    *start_why;	    /* until the first worker responds: its message */
	unsigned losses;    /* since a capture was mapped, or refused */
	const char *cannot; /* what failed, once the pool has failed */
	int err;	    /* why, or 0 if a worker's end is why: */
	int ended;	    /* as waitpid returns it */
	struct pool_worker worker[POOL_WORKERS_MAX];
};

struct pool *pool_new(const struct pool_config *config)
{
	struct pool *p = mem_zero(1, sizeof(*p));

	p->config = *config;
	for (unsigned i = 0; i < POOL_WORKERS_MAX; i++)
		pool_worker_init(&p->worker[i]);
	return p;
}

static void job_free(struct pool_job *j)
{
	buf_release(&j->frame);
	buf_release(&j->text);
	free(j);
}

void pool_free(struct pool *p)
{
	for (unsigned i = 0; i < POOL_WORKERS_MAX; i++) {
		if (p->worker[i].pid)
			pool_worker_end(&p->worker[i]);
		buf_release(&p->worker[i].in);
	}
	while (p->head) {
		struct pool_job *j = p->head;

		p->head = j->next;
		job_free(j);
	}
	free(p);
}

/* Assign to a worker as many jobs as it may have. */
static void assign(struct pool *p, struct pool_worker *w)
{
	for (struct pool_job *j = p->waiting; j && !w->broken; j = j->next) {
		if (w->jobs > 0 &&
		    (w->jobs >= AHEAD_JOBS || w->bytes >= AHEAD_BYTES))
			return;
		if (!j->assigned && !j->done)
			pool_worker_assign(w, j);
	}
}

/* The pool has failed. False, so that callers return it. */
static bool fail_pool(struct pool *p, const char *cannot, int err, int ended)
{
	p->cannot = cannot;
	p->err = err;
	p->ended = ended;
	return false;
}

static void fail_job(
    struct pool_job *j, const char *failure, const char *detail)
{
	buf_clear(&j->text);
	buf_puts(&j->text, detail);
	j->done = true;
	j->result.failure = failure;
	j->result.detail = buf_slice(&j->text);
}

/* How a process ended, for messages: "signal 9" or "status 1". */
static const char *end_name(int status)
{
	return WIFSIGNALED(status) ? "signal" : "status";
}

static int end_number(int status)
{
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static bool is_crash(int signal)
{
	return signal == SIGABRT || signal == SIGSEGV || signal == SIGBUS ||
	       signal == SIGFPE || signal == SIGILL || signal == SIGTRAP ||
	       signal == SIGSYS;
}

static bool is_out_of_memory(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == WORKER_NO_MEMORY;
}

/* Fail the job that a worker was at, by how it ended, or try it again. */
static void fail_by_exit(
    struct pool *p, struct pool_job *j, const struct pool_worker *w, int status)
{
	char detail[80];
	int64_t timeout = p->config.worker.timeout_ms;

	if (w->timed_out) {
		snprintf(detail, sizeof(detail), "it took longer than %lld %s",
		    (long long)(timeout % 1000 ? timeout : timeout / 1000),
		    timeout % 1000 ? "ms" : "s");
		fail_job(j, "mapping timed out", detail);
	} else if (is_out_of_memory(status)) {
		snprintf(detail, sizeof(detail),
		    "it needs more memory than %zu MiB",
		    p->config.worker.memory >> 20);
		fail_job(j, "mapping out of memory", detail);
	} else if (j->killed_once ||
		   (WIFSIGNALED(status) && is_crash(WTERMSIG(status)))) {
		snprintf(detail, sizeof(detail), "its worker ended by %s %d",
		    end_name(status), end_number(status));
		fail_job(j, "mapping crashed", detail);
	} else {
		/* Killed from outside: try it once more. */
		j->killed_once = true;
	}
}

/* Whether a worker ended for another reason than its capture. */
static bool is_lost(const struct pool_worker *w, int status)
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
static void count_loss(struct pool *p, const struct pool_worker *w, int status)
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

/* A filter that was being compiled ended its worker: pool_start says so. */
static void fail_start(struct pool *p, const struct pool_worker *w, int status)
{
	const struct worker_config *c = &p->config.worker;
	const char *why = "the compiler cannot cope with it";

	if (w->timed_out)
		why = "compiling takes too long";
	else if (is_out_of_memory(status))
		why = "compiling takes too much memory";
	buf_printf(p->start_why, "%s: %s",
	    c->filter_count == 1 ? c->filters->file : "-f", why);
	p->start_why = NULL;
}

/* Reap a worker: its first job may fail, the others get another worker. */
static void reap_worker(struct pool *p, struct pool_worker *w)
{
	int status = pool_worker_end(w);
	bool lost = is_lost(w, status);

	if (lost)
		count_loss(p, w, status);
	else if (w->first && !w->retiring)
		fail_by_exit(p, pool_worker_unassign(w), w, status);
	while (w->first)
		pool_worker_unassign(w);
	p->waiting = p->head;
	if (p->start_why && !lost)
		fail_start(p, w, status);
}

static void handle_response(void *ctx, struct pool_worker *w,
    const struct frame_response *head, struct slice text)
{
	struct pool *p = ctx;
	struct pool_job *j;

	switch (head->kind) {
	case FRAME_READY:
		w->ready = true;
		w->waited_ms = 0;
		if (p->start_why)
			buf_put_slice(p->start_why, text);
		p->start_why = NULL;
		return;
	case FRAME_DEBUG: p->config.debug(text); return;
	default: break;
	}
	if (!w->first)
		return;
	j = pool_worker_unassign(w);
	p->losses = 0;
	w->retiring = head->retiring != 0;
	buf_clear(&j->text);
	buf_put_slice(&j->text, text);
	text = buf_slice(&j->text);
	j->done = true;
	if (head->kind == FRAME_FAILED) {
		j->result.failure = "mapping failed";
		j->result.detail = text;
		return;
	}
	j->result.mapped.rows =
	    (struct slice){text.p, text.n - head->part_errors};
	j->result.mapped.part_errors =
	    slice_from(text, text.n - head->part_errors);
}

static bool has_unassigned(struct pool *p)
{
	while (p->waiting && (p->waiting->assigned || p->waiting->done))
		p->waiting = p->waiting->next;
	return p->waiting != NULL;
}

/* Start the workers that are needed, assign jobs; false if none runs. */
static bool start_workers(struct pool *p)
{
	bool any = false, wanted = p->start_why != NULL;
	int err = 0;

	for (unsigned i = 0; i < p->config.workers; i++)
		if (p->worker[i].pid && p->worker[i].retiring)
			reap_worker(p, &p->worker[i]);
	for (unsigned i = 0; i < p->config.workers; i++) {
		struct pool_worker *w = &p->worker[i];

		if (!w->pid && (wanted || has_unassigned(p)) && err == 0 &&
		    !pool_worker_start(w, &p->config.worker, p->worker))
			err = errno;
		wanted = false;
		if (!w->pid)
			continue;
		any = true;
		assign(p, w);
		pool_worker_send(w);
	}
	return any || err == 0 || fail_pool(p, "cannot start a worker", err, 0);
}

/* How long to wait at most, in ms; -1 for ever, if all workers are idle. */
static int64_t time_left(const struct pool *p)
{
	int64_t left = -1;

	for (unsigned i = 0; i < p->config.workers; i++) {
		const struct pool_worker *w = &p->worker[i];
		int64_t its = p->config.worker.timeout_ms - w->waited_ms;

		if (w->pid && !pool_worker_is_idle(w) &&
		    (left < 0 || left > its))
			left = its;
	}
	return left > TICK_MS ? TICK_MS : left;
}

/* Receive from a worker after a wait; reap it if it has ended, or is late. */
static void serve_worker(
    struct pool *p, struct pool_worker *w, bool readable, int64_t waited)
{
	if (!pool_worker_is_idle(w))
		w->waited_ms += waited;
	if (readable && !pool_worker_receive(w, handle_response, p)) {
		reap_worker(p, w);
	} else if (w->waited_ms >= p->config.worker.timeout_ms &&
		   !pool_worker_is_idle(w)) {
		w->timed_out = true;
		reap_worker(p, w);
	}
}

bool pool_wait(struct pool *p, int input)
{
	struct pollfd fds[POOL_WORKERS_MAX + 1];
	unsigned n = p->config.workers;
	int64_t began, waited, timeout;

	if (p->cannot || !start_workers(p))
		return false;
	for (unsigned i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = p->worker[i].fd,
		    .events = p->worker[i].sending ? POLLIN | POLLOUT : POLLIN};
	fds[n] = (struct pollfd){.fd = input, .events = POLLIN};
	timeout = time_left(p);
	began = clock_monotonic();
	if (poll(fds, n + 1, (int)timeout) < 0)
		return errno == EINTR /* the caller looks at the signal */
		       || fail_pool(p, "cannot wait for a worker", errno, 0);

	/*
	 * The time limit of a worker counts only the waits here: not the time
	 * while stdout is blocked, or all processes are suspended.
	 */
	waited = clock_monotonic() - began;
	if (timeout >= 0 && waited > timeout)
		waited = timeout;
	for (unsigned i = 0; i < n; i++)
		if (p->worker[i].pid)
			serve_worker(p, &p->worker[i],
			    fds[i].revents & ~POLLOUT, waited);
	return !p->cannot;
}

int pool_failure(const struct pool *p, struct buf *why)
{
	if (p->err)
		buf_printf(why, "%s: %s", p->cannot, strerror(p->err));
	else
		buf_printf(why, "%s: it ended by %s %d", p->cannot,
		    end_name(p->ended), end_number(p->ended));
	return p->err == ENOMEM ? EX_OSERR : EX_UNAVAILABLE;
}

int pool_start(struct pool *p, struct buf *why)
{
	p->start_why = why;
	while (p->start_why)
		if (!pool_wait(p, -1) && p->start_why)
			return pool_failure(p, why);
	return why->n == 0 ? 0 : EX_CONFIG;
}

void pool_submit(
    struct pool *p, const struct engine_capture *c, uint64_t number)
{
	struct pool_job *j = mem_zero(1, sizeof(*j));
	struct frame_job head = {.endpoint = (uint32_t)c->endpoint.n,
	    .suffix = (uint32_t)c->suffix.n,
	    .line = (uint32_t)c->line.n,
	    .with_body = c->with_body};

	j->frame.max = j->text.max = SIZE_MAX / 2;
	buf_put(&j->frame, &head, sizeof(head));
	buf_put_slice(&j->frame, c->endpoint);
	buf_put_slice(&j->frame, c->suffix);
	j->line_at = j->frame.n;
	buf_put_slice(&j->frame, c->line);
	j->result.number = number;
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
	struct pool_job *j = p->head;

	if (!j || !j->done)
		return NULL;
	j->result.line = slice_from(buf_slice(&j->frame), j->line_at);
	return &j->result;
}

void pool_pop(struct pool *p)
{
	struct pool_job *j = p->head;

	p->head = j->next;
	if (!p->head)
		p->tail = NULL;
	if (p->waiting == j)
		p->waiting = j->next;
	p->jobs--;
	p->bytes -= j->frame.n;
	job_free(j);
}
