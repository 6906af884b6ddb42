#include "map/libjq_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "value/json_reader.h"
#include "map/frame.h"
#include "map/libjq_program.h"
#include "map/libjq_value.h"
#include "map/message.h"

#define WORKER_CAPTURES_MAX 50000 /* until a worker retires */
#define SENT_AT_ONCE ((size_t)64 << 10)

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
	struct libjq_program *programs;
	int socket;
	struct heap heap; /* of captures as they are read */
	struct json_reader reader;
	struct buf in;
	struct buf out;	   /* responses that are not sent yet */
	struct buf result; /* as JSON */
	struct buf why;	   /* of a failure */
	unsigned debugs;   /* of the capture, so far */
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

static void flush(struct worker *w)
{
	write_all(w, w->out.p, w->out.n);
	buf_clear(&w->out);
}

static void respond(
    struct worker *w, enum frame_kind kind, bool retiring, struct slice text)
{
	struct frame_response head = {
	    .kind = kind, .retiring = retiring, .text = (uint32_t)text.n};

	buf_put(&w->out, &head, sizeof(head));
	buf_put_slice(&w->out, text);
	if (kind != FRAME_RESULT || w->out.n >= SENT_AT_ONCE)
		flush(w);
}

static void on_debug(void *ctx, struct slice json)
{
	struct worker *w = ctx;

	if (w->debugs++ >= DEBUG_MAX)
		return;
	if (json.n > DEBUG_LEN)
		json.n = DEBUG_LEN;
	respond(w, FRAME_DEBUG, false, json);
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

/* Read a capture into w->in; the index of its program. */
static uint32_t read_request(struct worker *w, struct slice *capture)
{
	struct frame_request head;

	read_all(w, &head, sizeof(head));
	buf_clear(&w->in);
	buf_reserve(&w->in, head.text + READER_PAD);
	read_all(w, w->in.p, head.text);
	memset(w->in.p + head.text, 0, READER_PAD);
	*capture = (struct slice){w->in.p, head.text};
	return head.program;
}

/* Even if sp-transform has ended, an endless mapping must end. */
static void set_alarm(const struct worker *w)
{
	alarm((unsigned)(w->config->timeout_ms / 500 + 10));
}

/* False leaves what is wrong in w->why. */
static bool compile(struct worker *w, uint32_t program)
{
	struct libjq_program *p = &w->programs[program];

	*p = (struct libjq_program){.debug = on_debug, .ctx = w};
	return libjq_program_compile(
	    p, w->config->programs[program].text, &w->why);
}

static const char *send_result(void *ctx, jv result)
{
	struct worker *w = ctx;
	const char *wrong;

	buf_clear(&w->result);
	wrong = libjq_value_write(&w->result, result);
	if (!wrong)
		respond(w, FRAME_RESULT, false, buf_slice(&w->result));
	return wrong;
}

/* What is read of a capture. */
struct reading {
	struct worker *worker;
	struct slice text;
	jv value;
};

static void read_value(void *ctx)
{
	struct reading *r = ctx;
	struct jq_value value;

	names_begin_run(r->worker->reader.names);
	if (json_read(&r->worker->reader, r->text, &value))
		r->value = libjq_value(value);
}

static void serve_one(struct worker *w)
{
	struct reading r = {.worker = w, .value = jv_null()};
	uint32_t program = read_request(w, &r.text);
	bool ok;

	set_alarm(w);
	buf_clear(&w->why);
	w->debugs = 0;
	heap_guard(&w->heap, read_value, &r);
	ok = (w->programs[program].jq || compile(w, program)) &&
	     libjq_program_run(
		 &w->programs[program], r.value, send_result, w, &w->why);
	alarm(0);
	respond(
	    w, ok ? FRAME_DONE : FRAME_FAILED, retires(w), buf_slice(&w->why));
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

/* Compile the programs of files; what is wrong with the first is in w->why. */
static void compile_files(struct worker *w)
{
	struct buf why = BUF_INIT(MESSAGE_WHY_MAX);

	for (uint32_t i = 0; i < w->config->count && why.n == 0; i++) {
		const char *file = w->config->programs[i].file;

		if (file && !compile(w, i))
			buf_printf(
			    &why, "%s: %.*s", file, (int)w->why.n, w->why.p);
	}
	buf_set(&w->why, buf_slice(&why));
	buf_release(&why);
}

static void set_up(struct worker *w)
{
	struct rusage usage = {.ru_maxrss = 0};

	getrusage(RUSAGE_SELF, &usage);
	w->base_kib = usage.ru_maxrss;
	w->programs = mem_zero(w->config->count, sizeof(*w->programs));
	w->heap = (struct heap){.max = SIZE_MAX / 2,
	    .time_max_ms = CLOCK_DAY,
	    .stack_max = (size_t)1 << 20};
	w->reader.heap = &w->heap;
	w->reader.names = names_new();
	set_alarm(w);
	compile_files(w);
	respond(w, FRAME_READY, false, buf_slice(&w->why));
	alarm(0);
}

void worker_run(const struct worker_config *config, int socket, pid_t parent)
{
	struct worker w = {.config = config,
	    .socket = socket,
	    .in = BUF_INIT(SIZE_MAX / 2),
	    .out = BUF_INIT(SIZE_MAX / 2),
	    .result = BUF_INIT((size_t)1 << 31),
	    .why = BUF_INIT(16384)};

	mem_on_exhausted(no_memory);
	os_die_with_parent(parent);
	sandbox(&w);
	set_up(&w);
	for (;;)
		serve_one(&w);
}
