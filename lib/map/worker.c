#include "map/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/os.h"
#include "map/engine.h"
#include "map/frame.h"

#define WORKER_CAPTURES_MAX 50000 /* until a worker retires */
#define WHY_MAX ((size_t)4096)

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SANITIZED 1 /* reserves terabytes of address space, and reports */
#else
#define SANITIZED 0
#endif

struct worker {
	const struct worker_config *config;
	struct engine *engine;
	int socket;
	struct buf in;
	struct buf why;	   /* of a failure */
	long base_kib;	   /* of memory, at the start */
	unsigned captures; /* mapped so far */
};

static void no_memory(void)
{
	_exit(WORKER_NO_MEMORY);
}

static void read_all(struct worker *w, void *to, size_t n)
{
	char *p = to;

	while (n > 0) {
		ssize_t got = read(w->socket, p, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			_exit(got == 0 ? 0 : WORKER_BROKEN);
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

static void write_all(struct worker *w, const void *from, size_t n)
{
	const char *p = from;

	while (n > 0) {
		ssize_t put = write(w->socket, p, n);

		if (put < 0 && errno != EINTR)
			_exit(WORKER_BROKEN);
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
}

static void respond(struct worker *w, enum frame_kind kind, bool retiring,
    struct slice text, struct slice part_errors)
{
	struct frame_response head = {.kind = kind,
	    .retiring = retiring,
	    .text = (uint32_t)(text.n + part_errors.n),
	    .part_errors = (uint32_t)part_errors.n};

	write_all(w, &head, sizeof(head));
	write_all(w, text.p, text.n);
	write_all(w, part_errors.p, part_errors.n);
}

static void respond_text(
    struct worker *w, enum frame_kind kind, bool retiring, struct slice text)
{
	respond(w, kind, retiring, text, (struct slice){NULL, 0});
}

static void on_debug(void *ctx, struct slice json)
{
	respond_text(ctx, FRAME_DEBUG, false, json);
}

/* Libjq leaks a little memory: exit before it is much. */
static bool retires(struct worker *w)
{
	struct rusage usage;
	size_t grown;

	if (++w->captures >= WORKER_CAPTURES_MAX)
		return true;
	if (getrusage(RUSAGE_SELF, &usage) != 0)
		return false;
	grown = (size_t)(usage.ru_maxrss - w->base_kib) << 10;
	return !SANITIZED && grown > w->config->memory / 4;
}

/* Read a job into w->in, as a capture. */
static void read_job(struct worker *w, struct engine_capture *c)
{
	struct frame_job job;
	size_t n;

	read_all(w, &job, sizeof(job));
	n = (size_t)job.endpoint + job.suffix + job.line;
	buf_clear(&w->in);
	buf_reserve(&w->in, n + ENGINE_PAD);
	read_all(w, w->in.p, n);
	memset(w->in.p + n, 0, ENGINE_PAD);
	c->endpoint = (struct slice){w->in.p, job.endpoint};
	c->suffix = (struct slice){c->endpoint.p + job.endpoint, job.suffix};
	c->line = (struct slice){c->suffix.p + job.suffix, job.line};
	c->with_body = job.with_body;
}

/* Even if the pool has ended, an endless mapping must end. */
static void set_alarm(const struct worker *w)
{
	alarm((unsigned)(w->config->timeout_ms / 500 + 10));
}

static void serve_one(struct worker *w)
{
	struct engine_capture capture;
	struct engine_result result;
	bool ok;

	read_job(w, &capture);
	set_alarm(w);
	ok = engine_map(w->engine, &capture, &result, &w->why);
	alarm(0);
	if (ok)
		respond(w, FRAME_MAPPED, retires(w), result.rows,
		    result.part_errors);
	else
		respond_text(w, FRAME_FAILED, retires(w), buf_slice(&w->why));
}

/* Nothing in a worker raises a soft limit again. */
static void limit(int resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		_exit(WORKER_BROKEN);
	limit.rlim_cur = value;
	if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	if (setrlimit(resource, &limit) != 0)
		_exit(WORKER_BROKEN);
}

/*
 * Sandbox the process: a mapping sees no environment, cannot open files or
 * sockets (no descriptors are left), and has no access to the streams of the
 * program.
 */
static void sandbox(struct worker *w)
{
	static char zone[] = "TZ=UTC0", home[] = "HOME=/dev/null";
	static char *const empty[] = {zone, home, NULL};
	static char *variables[3];
	extern char **environ;
	struct sigaction normal = {.sa_handler = SIG_DFL};
	sigset_t none;

	memcpy(variables, empty, sizeof(empty));
	environ = variables;
	sigaction(SIGALRM, &normal, NULL);
	sigaction(SIGPIPE, &normal, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (!SANITIZED)
		close(STDERR_FILENO);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, 0);
	if (!SANITIZED)
		limit(RLIMIT_AS, w->config->memory);
}

/* Compile the user's filters; what is wrong with the first is in w->why. */
static bool compile_filters(struct worker *w)
{
	for (size_t i = 0; i < w->config->filter_count; i++) {
		const struct worker_filter *f = &w->config->filters[i];
		struct buf why = BUF_INIT(WHY_MAX);

		if (engine_add(w->engine, f->endpoint, f->text, &why))
			continue;
		buf_printf(&w->why, "%s: %.*s", f->file, (int)why.n, why.p);
		buf_release(&why);
		return false;
	}
	return true;
}

static void set_up(struct worker *w)
{
	struct rusage usage = {.ru_maxrss = 0};
	struct engine_config config = {.memory = w->config->memory,
	    .optimize = w->config->optimize,
	    .include = w->config->include,
	    .debug = on_debug,
	    .ctx = w};

	getrusage(RUSAGE_SELF, &usage);
	w->base_kib = usage.ru_maxrss;
	w->engine = engine_new(&config);
	set_alarm(w);
	compile_filters(w);
	respond_text(w, FRAME_READY, false, buf_slice(&w->why));
	alarm(0);
}

void worker_run(const struct worker_config *config, int socket, pid_t parent)
{
	struct worker w = {.config = config,
	    .socket = socket,
	    .in = BUF_INIT(SIZE_MAX / 2),
	    .why = BUF_INIT(16384)};

	mem_on_exhausted(no_memory);
	os_die_with_parent(parent);
	sandbox(&w);
	set_up(&w);
	for (;;)
		serve_one(&w);
}
