#include "map/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/builtin.h"
#include "base/mem.h"
#include "base/os.h"
#include "map/filter.h"
#include "map/frame.h"
#include "map/hints.h"
#include "map/jqvalue.h"
#include "map/memo.h"
#include "map/rows.h"
#include "map/shape.h"

#define ROWS_MAX ((size_t)256 << 20) /* bytes, of one capture */
#define MEMO_MAX ((size_t)64 << 20)
#define DEBUG_MAX 1000 /* messages of one capture */
#define DEBUG_LEN ((size_t)4096)
#define WORKER_CAPTURES_MAX 50000 /* until a worker retires */
#define WARM_UP 4		  /* captures, before units are compiled */
#define VERIFIED 3 /* captures, on which a user's hints are checked */

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SANITIZED 1 /* reserves terabytes of address space, and reports */
#else
#define SANITIZED 0
#endif

/* A mapping; its members are set when first needed. */
struct mapping {
	struct mapping *next;
	struct slice name; /* p == NULL for the user's filter of all others */
	bool own;	   /* the user's, not built in */
	struct hints hints;
	struct filter whole, parts;
	struct jqvalue_reader *every; /* reads skipped members, too */
	struct jqvalue_reader *plain; /* without skipped members */
	struct jqvalue_reader *split; /* and without units */
	unsigned runs;
};

struct worker {
	const struct worker_config *config;
	int socket;
	struct mapping *mappings;
	struct filter odd; /* refuses what is odd in a capture */
	struct buf prelude;
	struct buf in;
	struct buf why;
	struct buf scratch;
	struct rows rows;
	struct rows unit_rows;
	struct rows verify;
	struct memo memo;
	uint32_t generation; /* counts captures, for the memo */
	long base_kib;	     /* of memory, at the start */
	unsigned captures;
	unsigned debugs;
	struct mapping *current;
};

static void no_memory(void)
{
	_exit(FILTER_NO_MEMORY);
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

static void on_debug(void *ctx, struct slice json)
{
	struct worker *w = ctx;
	struct slice none = {NULL, 0};

	if (w->debugs++ >= DEBUG_MAX)
		return;
	if (json.n > DEBUG_LEN)
		json.n = DEBUG_LEN;
	respond(w, FRAME_DEBUG, false, json, none);
}

static void compile(struct worker *w, struct filter *f, struct slice text)
{
	*f = (struct filter){.debug = on_debug, .ctx = w};
	buf_clear(&w->why);
	filter_compile(f, buf_slice(&w->prelude), text, &w->why);
}

static struct jqvalue_reader *new_reader(const struct hints *hints, bool every)
{
	struct jqvalue_reader *r = mem_alloc(sizeof(*r));

	jqvalue_reader_init(r, hints);
	r->every = every;
	return r;
}

/* NULL leaves the compiler's message in w->why. */
static struct mapping *new_mapping(
    struct worker *w, struct slice name, struct slice text)
{
	struct mapping *m = mem_zero(1, sizeof(*m));
	const char *why;

	m->name = name;
	if (!hints_parse(&m->hints, text, &why)) {
		buf_clear(&w->why);
		buf_puts(&w->why, why);
		return NULL;
	}
	compile(w, &m->whole, text);
	if (!m->whole.jq)
		return NULL;
	m->next = w->mappings;
	w->mappings = m;
	return m;
}

/* One program for both parts; its input is [whether it is a unit, value]. */
static bool compile_parts(struct worker *w, struct mapping *m)
{
	struct buf text = BUF_INIT((size_t)16 << 20);

	buf_put_slice(&text, m->hints.defs);
	buf_puts(&text, "if .[0] then .[1] | unit else .[1] | rest end");
	compile(w, &m->parts, buf_slice(&text));
	buf_release(&text);
	return m->parts.jq != NULL;
}

static const char *add_row(void *ctx, jv result)
{
	return rows_add(ctx, result);
}

static bool run_part(struct worker *w, bool unit, jv value, struct rows *to)
{
	jv input = jv_array_append(jv_array(), unit ? jv_true() : jv_false());

	return filter_run(&w->current->parts, jv_array_append(input, value),
	    add_row, to, &w->why);
}

/*
 * Take what is odd out of a capture, consumed, and refuse it. The mapping
 * finds in `odd` what it was; a capture that has nothing odd stays as it is.
 */
static jv refuse_odd(
    struct worker *w, struct mapping *m, jv capture, struct rows *to)
{
	jv odd;

	capture = shape_clean(&m->hints, capture, &odd);
	if (jv_array_length(jv_copy(odd)) == 0) {
		jv_free(odd);
		return capture;
	}
	capture = jv_object_set(capture, jv_string("odd"), odd);
	if (!w->odd.jq)
		compile(w, &w->odd, SLICE("sp_odd"));
	filter_run(&w->odd, jv_copy(capture), add_row, to, &w->why);
	return capture;
}

/* Run the mapping as a whole; with `all`, read skipped members too. */
static bool map_whole(struct worker *w, struct mapping *m, struct slice line,
    bool all, struct rows *to)
{
	struct jqvalue_reader **r = all ? &m->every : &m->plain;
	jv capture;

	if (!*r)
		*r = new_reader(&m->hints, all);
	buf_clear(&w->why);
	capture = jqvalue_read(*r, line);
	if ((*r)->odd && m->hints.shape_count > 0)
		capture = refuse_odd(w, m, capture, to);
	return filter_run(&m->whole, capture, add_row, to, &w->why);
}

/* Add rows, a line each, that were written without a suffix. */
static bool add_lines(struct rows *to, struct slice lines)
{
	while (lines.n > 0)
		if (!rows_add_text(to, slice_cut(&lines, '\n')))
			return false;
	return true;
}

static bool on_unit(void *ctx, struct slice text)
{
	struct worker *w = ctx;
	struct mapping *m = w->current;
	struct rows *u = &w->unit_rows;
	struct memo_key key = {
	    .mapping = m, .unit = text, .hash = hash_bytes(0, text)};
	struct slice rows;
	uint32_t generation;
	jv value;

	if (memo_find(&w->memo, &key, w->generation, &rows, &generation))
		return generation == w->generation || add_lines(&w->rows, rows);
	rows_begin(u, SLICE(""));
	value = jqvalue_read(m->plain, text);
	if (m->plain->odd) {
		jv_free(value);
		return false;
	}
	if (!run_part(w, true, value, u))
		return false;
	rows = buf_slice(&u->lines);
	if (u->part_errors.n > 0 || u->ordered)
		return false;
	memo_put(&w->memo, &key, w->generation, rows);
	return add_lines(&w->rows, rows);
}

/* Map by units and rest; false if it must be run as a whole instead. */
static bool map_parts(struct worker *w, struct mapping *m, struct slice line)
{
	jv value;

	if (!m->split) {
		m->split = new_reader(&m->hints, false);
		m->split->unit = on_unit;
		m->split->ctx = w;
	}
	if (!m->plain)
		m->plain = new_reader(&m->hints, false);
	w->current = m;
	w->generation++;
	value = jqvalue_read(m->split, line);
	if (!jv_is_valid(value) || m->split->odd) {
		jv_free(value);
		return false;
	}
	return run_part(w, false, value, &w->rows);
}

/*
 * Check the hints of a user's filter on the first captures: a wrong `# skip:`
 * or `# unit:` would otherwise go unnoticed.
 */
static bool check_hints(struct worker *w, struct mapping *m, struct slice line)
{
	bool ok;

	rows_begin(&w->verify, w->rows.suffix);
	w->debugs = DEBUG_MAX;
	ok = map_whole(w, m, line, true, &w->verify);
	if (!ok)
		return false;
	if (slice_eq(buf_slice(&w->rows.lines), buf_slice(&w->verify.lines)) &&
	    slice_eq(buf_slice(&w->rows.part_errors),
		buf_slice(&w->verify.part_errors)))
		return true;
	buf_clear(&w->why);
	buf_puts(&w->why, "wrong '# skip:', '# unit:' or '# keep:': the rows "
			  "differ without it");
	return false;
}

static bool has_hints(const struct hints *hints)
{
	return hints->skip.count > 0 || hints->path_len > 0;
}

/* Map a capture into w->rows; false leaves the reason in w->why. */
static bool map(struct worker *w, struct mapping *m, struct slice line,
    struct slice suffix, bool with_body)
{
	bool check, done = false;

	rows_begin(&w->rows, suffix);
	w->debugs = 0;
	if (!w->config->memo)
		return map_whole(w, m, line, true, &w->rows);
	check = m->own && has_hints(&m->hints) && m->runs < VERIFIED;
	if (m->hints.path_len > 0 && with_body &&
	    (check || m->runs >= WARM_UP) &&
	    (m->parts.jq || compile_parts(w, m))) {
		done = map_parts(w, m, line);
		if (!done)
			rows_begin(&w->rows, suffix);
	}
	m->runs++;
	if (!done && !map_whole(w, m, line, false, &w->rows))
		return false;
	return !check || check_hints(w, m, line);
}

static struct mapping *mapping_named(struct worker *w, struct slice name)
{
	struct mapping *m = w->mappings;

	while (m && (!m->name.p != !name.p || !slice_eq(m->name, name)))
		m = m->next;
	return m;
}

/* The mapping of an endpoint; without one, only errors are mapped. */
static struct mapping *mapping_of(struct worker *w, struct slice endpoint)
{
	const struct slice others = {NULL, 0}, none = SLICE("");
	const struct builtin_file *f = builtin_filters;
	struct mapping *m = mapping_named(w, endpoint);

	if (!m)
		m = mapping_named(w, others);
	if (m)
		return m;
	while (f->name && !slice_is(endpoint, f->name))
		f++;
	if (f->name)
		return new_mapping(
		    w, slice_of(f->name), (struct slice){f->text, f->len});
	m = mapping_named(w, none);
	return m ? m : new_mapping(w, none, SLICE("not_ok(subject)"));
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

static void serve_one(struct worker *w)
{
	const struct slice none = {"", 0};
	struct frame_job job;
	struct slice endpoint, suffix, line;
	struct mapping *m;
	size_t n;
	bool ok;

	read_all(w, &job, sizeof(job));
	n = (size_t)job.endpoint + job.suffix + job.line;
	buf_clear(&w->in);
	buf_reserve(&w->in, n + JQVALUE_PAD);
	read_all(w, w->in.p, n);
	memset(w->in.p + n, 0, JQVALUE_PAD);
	endpoint = (struct slice){w->in.p, job.endpoint};
	suffix = (struct slice){endpoint.p + endpoint.n, job.suffix};
	line = (struct slice){suffix.p + suffix.n, job.line};

	/* Even if the pool has ended, an endless mapping must end. */
	alarm((unsigned)(w->config->timeout_ms / 500 + 10));
	m = mapping_of(w, endpoint);
	ok = m && map(w, m, line, suffix, job.with_body);
	alarm(0);
	if (ok)
		respond(w, FRAME_MAPPED, retires(w), buf_slice(&w->rows.lines),
		    buf_slice(&w->rows.part_errors));
	else
		respond(w, FRAME_FAILED, retires(w), buf_slice(&w->why), none);
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

static void set_up(struct worker *w)
{
	size_t memo = w->config->memory / 16, rows = w->config->memory / 4;
	const struct builtin_file *f = builtin_filters;
	struct rusage usage = {.ru_maxrss = 0};

	getrusage(RUSAGE_SELF, &usage);
	w->base_kib = usage.ru_maxrss;
	w->prelude.max = (size_t)1 << 20;
	w->why.max = (size_t)4096;
	w->scratch.max = (size_t)16384;
	w->in.max = SIZE_MAX / 2;
	memo_init(&w->memo, memo < MEMO_MAX ? memo : MEMO_MAX);
	if (rows > ROWS_MAX)
		rows = ROWS_MAX;
	rows_init(&w->rows, rows);
	rows_init(&w->unit_rows, rows);
	rows_init(&w->verify, rows);
	while (strcmp(f->name, "prelude") != 0)
		f++;
	filter_prelude(&w->prelude, (struct slice){f->text, f->len});
}

/* Compile the user's filters; what is wrong with the first is in w->why. */
static bool compile_own(struct worker *w)
{
	const struct worker_config *c = w->config;

	for (size_t i = 0; i < c->filter_count; i++) {
		const struct worker_filter *f = &c->filters[i];
		struct mapping *m = new_mapping(w, f->endpoint, f->text);

		if (m)
			m->own = true;
		if (!m || (m->hints.path_len > 0 && !compile_parts(w, m))) {
			buf_clear(&w->scratch);
			buf_printf(&w->scratch, "%s: %.*s", f->file,
			    (int)w->why.n, w->why.p);
			return false;
		}
	}
	return true;
}

void worker_run(const struct worker_config *config, int socket, pid_t parent)
{
	struct worker *w;
	const struct slice none = {"", 0};

	mem_on_exhausted(no_memory);
	w = mem_zero(1, sizeof(*w));
	w->config = config;
	w->socket = socket;
	os_die_with_parent(parent);
	sandbox(w);
	set_up(w);
	alarm((unsigned)(config->timeout_ms / 500 + 10));
	respond(w, FRAME_READY, false,
	    compile_own(w) ? none : buf_slice(&w->scratch), none);
	alarm(0);
	for (;;)
		serve_one(w);
}
