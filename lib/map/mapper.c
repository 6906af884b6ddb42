#include "map/mapper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "base/mem.h"
#include "jq/compile.h"
#include "value/json_writer.h"
#include "jq/machine.h"
#include "map/libjq.h"
#include "map/message.h"
#include "map/object_columns.h"
#include "map/prelude.h"
#include "map/rows.h"
#include "map/type_check.h"

#define ROWS_MAX ((size_t)256 << 20)  /* bytes, of one capture */
#define CAPTURE_MAX ((size_t)1 << 31) /* bytes of a capture for libjq */
#define STACK_MAX ((size_t)64 << 20)

/* The run of a mapping, in our engine or in libjq. */
struct run {
	struct mapping *mapping;
	struct slice line; /* the capture, or a result of libjq */
	size_t members;	   /* that the capture must have */
	const char *wrong; /* what is, with a result */
	bool not_json;
	bool wants_odd;	 /* something is odd, and m->odd not compiled */
	unsigned debugs; /* so far */
};

struct mapper {
	struct mapper_config config;
	struct mappings mappings;
	struct program *odd; /* refuses what is odd in a capture */

	struct names *names;
	struct name *odd_name;
	struct type_names type_names;
	struct object_columns objects; /* that the prelude declares */
	struct heap heap;
	struct json_reader reader;
	struct machine machine;
	struct rows rows; /* of the capture */
	struct run run;

	struct libjq libjq;
	struct worker_program *worker_programs;
	struct buf text; /* of a capture for libjq, or of a debug */
	struct buf why;
};

/* Gives results to the rows. */
struct row_sink {
	struct sink sink;
	struct mapper *mapper;
};

bool mapper_leaves_out(struct slice name)
{
	struct names *names = names_new();
	struct object_columns o;
	bool found;

	object_columns_parse(&o, names, prelude_text());
	found = object_columns_include(&o, name);
	object_columns_release(&o);
	names_free(names);
	return found;
}

static bool on_libjq_result(void *ctx, struct slice json);

static void init_libjq(struct mapper *m)
{
	size_t count = m->mappings.count;

	m->worker_programs = mem_zero(count, sizeof(*m->worker_programs));
	for (size_t i = 0; i < count; i++)
		m->worker_programs[i] = (struct worker_program){
		    m->mappings.list[i].file, m->mappings.list[i].text};
	m->libjq = (struct libjq){.config = {.programs = m->worker_programs,
				      .count = count,
				      .memory = m->config.memory,
				      .timeout_ms = m->config.timeout_ms},
	    .result = on_libjq_result,
	    .debug = m->config.debug,
	    .ctx = m};
}

/* How much of the stack a run may use: most of what it may be. */
static size_t stack_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur > STACK_MAX)
		return STACK_MAX / 4 * 3;
	return (size_t)limit.rlim_cur / 4 * 3;
}

static void on_debug(void *ctx, struct jq_value v)
{
	struct mapper *m = ctx;
	const struct json_style style = {.jq_numbers = true};
	struct slice json;

	if (m->run.debugs++ >= DEBUG_MAX)
		return;
	buf_clear(&m->text);
	json_write(&m->text, v, &style);
	json = buf_slice(&m->text);
	if (json.n > DEBUG_LEN)
		json.n = DEBUG_LEN;
	m->config.debug(json);
}

struct mapper *mapper_new(const struct mapper_config *config)
{
	struct mapper *m = mem_zero(1, sizeof(*m));
	size_t rows = config->memory / 4;

	m->config = *config;
	m->names = names_new();
	object_columns_parse(&m->objects, m->names, prelude_text());
	for (size_t i = 0; i < config->include_count; i++)
		object_columns_include(&m->objects, config->include[i]);
	m->odd_name = names_add(m->names, SLICE("odd"));
	m->type_names = (struct type_names){names_add(m->names, SLICE("path")),
	    names_add(m->names, SLICE("reason"))};
	m->heap = (struct heap){.max = config->memory,
	    .time_max_ms = config->timeout_ms,
	    .stack_max = stack_max()};
	m->reader.heap = m->machine.heap = &m->heap;
	m->reader.names = m->machine.names = m->names;
	m->machine.debug = on_debug;
	m->machine.ctx = m;
	m->text.max = CAPTURE_MAX;
	m->why.max = MESSAGE_WHY_MAX;
	rows_init(&m->rows, rows < ROWS_MAX ? rows : ROWS_MAX, &m->objects,
	    m->names, &m->heap);
	mappings_init(&m->mappings, config->filters, config->filter_count,
	    config->engine);
	init_libjq(m);
	return m;
}

void mapper_free(struct mapper *m)
{
	mappings_release(&m->mappings);
	program_free(m->odd);
	libjq_release(&m->libjq);
	free(m->worker_programs);
	rows_release(&m->rows);
	object_columns_release(&m->objects);
	json_reader_release(&m->reader);
	machine_release(&m->machine);
	heap_release(&m->heap);
	names_free(m->names);
	buf_release(&m->text);
	buf_release(&m->why);
	free(m);
}

static bool take_row(struct sink *s, struct jq_value result)
{
	struct mapper *m = ((struct row_sink *)s)->mapper;

	m->run.wrong = rows_add(&m->rows, result);
	return !m->run.wrong;
}

static bool run_program(
    struct mapper *m, struct program *p, struct jq_value capture)
{
	struct row_sink to = {.sink = {take_row}, .mapper = m};

	return machine_run(&m->machine, p, capture, &to.sink);
}

/*
 * Remove what is odd from a capture, and refuse it. The mapping finds what it
 * was in the capture's member `odd`, if there was anything.
 */
static bool refuse_odd(struct mapper *m, struct jq_value *capture)
{
	struct jq_value odd;

	*capture = type_check(
	    m->run.mapping->shape, &m->type_names, &m->heap, *capture, &odd);
	if (odd.n == 0)
		return true;
	*capture = jq_object_set(&m->heap, *capture, m->odd_name, odd);
	return run_program(m, m->odd, *capture);
}

/* Read the capture. False if it cannot be mapped now. */
static bool read_capture(struct mapper *m, struct jq_value *capture)
{
	struct run *r = &m->run;
	const struct expected_shape *shape = r->mapping->shape;

	names_begin_run(m->names);
	m->reader.expected = shape->declared ? shape->kinds : NULL;
	r->not_json = !json_read(&m->reader, r->line, capture) ||
		      capture->kind != JQ_OBJECT ||
		      m->reader.members != r->members;
	if (r->not_json)
		return false;
	if (!shape->declared || !m->reader.odd)
		return true;
	r->wants_odd = !m->odd;
	return m->odd && refuse_odd(m, capture);
}

/* For heap_guard: run a mapping in our engine. */
static void map_own(void *ctx)
{
	struct mapper *m = ctx;
	struct jq_value capture;

	if (read_capture(m, &capture))
		run_program(m, m->run.mapping->program, capture);
}

/* For heap_guard: write a capture for libjq into m->text. */
static void write_capture(void *ctx)
{
	static const struct json_style plain = {.heap = NULL};
	struct mapper *m = ctx;
	struct jq_value capture;

	if (!read_capture(m, &capture))
		return;
	buf_clear(&m->text);
	m->run.wrong = json_write(&m->text, capture, &plain);
	if (m->text.failed)
		m->run.wrong = ROWS_TOO_MUCH;
}

/* For heap_guard: add a result of libjq. */
static void add_result(void *ctx)
{
	struct mapper *m = ctx;
	struct jq_value result;

	names_begin_run(m->names);
	m->reader.expected = NULL;
	if (json_read(&m->reader, m->run.line, &result))
		m->run.wrong = rows_add(&m->rows, result);
	else
		m->run.wrong = m->reader.error;
}

static bool on_libjq_result(void *ctx, struct slice json)
{
	struct mapper *m = ctx;

	m->run.line = json;
	return heap_guard(&m->heap, add_result, m) && !m->run.wrong;
}

static bool fail(
    struct mapper *m, struct mapper_result *to, const char *failure)
{
	to->failure = failure;
	to->detail = buf_slice(&m->why);
	return false;
}

static bool fail_time(struct mapper *m, struct mapper_result *to)
{
	int64_t limit = m->config.timeout_ms;

	buf_clear(&m->why);
	buf_printf(&m->why, "it took longer than %lld %s",
	    (long long)(limit % 1000 ? limit : limit / 1000),
	    limit % 1000 ? "ms" : "s");
	return fail(m, to, "mapping timed out");
}

static bool fail_memory(struct mapper *m, struct mapper_result *to)
{
	buf_clear(&m->why);
	buf_printf(&m->why, "it needs more memory than %zu MiB",
	    m->config.memory >> 20);
	return fail(m, to, "mapping out of memory");
}

static bool fail_text(
    struct mapper *m, struct mapper_result *to, struct slice text)
{
	buf_clear(&m->why);
	if (!message_put(&m->why, text))
		buf_puts(&m->why, "...");
	return fail(m, to, "mapping failed");
}

/* Fail where a limit was struck. */
static bool fail_limit(struct mapper *m, struct mapper_result *to)
{
	const char *limit = m->heap.exceeded;

	if (strcmp(limit, HEAP_NO_TIME) == 0)
		return fail_time(m, to);
	if (strcmp(limit, HEAP_NO_MEMORY) == 0)
		return fail_memory(m, to);
	return fail_text(m, to, slice_of(limit));
}

/* What became of a run in this process; false if it failed. */
static bool end_run(struct mapper *m, bool within, struct mapper_result *to)
{
	if (!within)
		return fail_limit(m, to);
	if (m->run.wrong)
		return fail_text(m, to, slice_of(m->run.wrong));
	if (m->machine.leaving == LEAVING_ERROR)
		return fail_text(m, to, machine_message(&m->machine));
	return true;
}

/* Run `work` on a capture. False if it struck a limit. */
static bool try_run(
    struct mapper *m, void (*work)(void *), const struct mapper_capture *c)
{
	m->run = (struct run){
	    .mapping = m->run.mapping, .line = c->line, .members = c->members};
	m->machine.leaving = LEAVING_NOTHING;
	rows_begin(&m->rows, c->suffix);
	return heap_guard(&m->heap, work, m);
}

/* The same; false if it failed. */
static bool run(struct mapper *m, void (*work)(void *),
    const struct mapper_capture *c, struct mapper_result *to)
{
	bool within = try_run(m, work, c);

	/* Nothing can be compiled within a run. */
	if (within && m->run.wants_odd) {
		m->odd = mapping_compile(m->names, SLICE("sp_odd"), &m->why);
		if (!m->odd)
			return fail(m, to, "mapping failed");
		within = try_run(m, work, c);
	}
	return end_run(m, within, to);
}

/* Run a mapping in libjq; false if it failed. */
static bool run_libjq(struct mapper *m, const struct mapper_capture *c,
    struct mapper_result *to, bool *broken)
{
	uint32_t program = (uint32_t)(m->run.mapping - m->mappings.list);
	enum libjq_outcome outcome;
	bool killed = false, again;

	do {
		if (!run(m, write_capture, c, to) || m->run.not_json)
			return false;
		outcome =
		    libjq_run(&m->libjq, program, buf_slice(&m->text), &m->why);
		/* Killed from outside: try it once more. */
		again = outcome == LIBJQ_LOST ||
			(outcome == LIBJQ_KILLED && !killed);
		killed |= outcome == LIBJQ_KILLED;
	} while (again);
	switch (outcome) {
	case LIBJQ_DONE: return true;
	case LIBJQ_WRONG: return end_run(m, !m->heap.exceeded, to);
	case LIBJQ_TIMED_OUT: return fail_time(m, to);
	case LIBJQ_NO_MEMORY: return fail_memory(m, to);
	case LIBJQ_FAILED: return fail(m, to, "mapping failed");
	case LIBJQ_BROKEN: *broken = true; return false;
	default: return fail(m, to, "mapping crashed");
	}
}

enum mapper_outcome mapper_map(
    struct mapper *m, const struct mapper_capture *c, struct mapper_result *to)
{
	struct mapping *x = mappings_find(&m->mappings, c->endpoint);
	bool ok, broken = false;

	*to = (struct mapper_result){.failure = NULL};
	m->run = (struct run){.mapping = x};
	if (!mapping_prepare(x, m->names, &m->why)) {
		fail(m, to, "mapping failed");
		return MAPPER_DONE;
	}
	ok =
	    x->in_libjq ? run_libjq(m, c, to, &broken) : run(m, map_own, c, to);
	if (broken)
		return MAPPER_BROKEN;
	if (m->run.not_json)
		return MAPPER_NOT_JSON;
	if (ok) {
		to->rows = buf_slice(&m->rows.lines);
		to->row_count = m->rows.count;
		to->part_errors = buf_slice(&m->rows.part_errors);
	}
	return MAPPER_DONE;
}

int mapper_failure(const struct mapper *m, struct buf *why)
{
	buf_set(why, buf_slice(&m->why));
	return m->libjq.err == ENOMEM ? EX_OSERR : EX_UNAVAILABLE;
}

/* Why the user's mappings do not compile in libjq, by how that ended. */
static void put_compile_failure(
    const struct mapper *m, enum libjq_outcome outcome, struct buf *why)
{
	const char *reason = "the compiler cannot cope with it";

	if (outcome == LIBJQ_TIMED_OUT)
		reason = "compiling takes too long";
	else if (outcome == LIBJQ_NO_MEMORY)
		reason = "compiling takes too much memory";
	buf_printf(why, "%s: %s",
	    m->mappings.filters == 1 ? m->mappings.list->file : "-f", reason);
}

int mapper_compile(struct mapper *m, struct buf *why)
{
	enum libjq_outcome outcome;

	for (size_t i = 0; i < m->mappings.filters; i++) {
		struct mapping *x = &m->mappings.list[i];

		if (mapping_prepare(x, m->names, &m->why))
			continue;
		buf_printf(why, "%s: %.*s", x->file, (int)m->why.n, m->why.p);
		return EX_CONFIG;
	}
	if (m->mappings.filters == 0 || !m->mappings.list->in_libjq)
		return 0;
	outcome = libjq_start(&m->libjq, &m->why);
	if (outcome == LIBJQ_DONE)
		return 0;
	if (outcome == LIBJQ_BROKEN)
		return mapper_failure(m, why);
	if (outcome == LIBJQ_FAILED)
		buf_put_slice(why, buf_slice(&m->why));
	else
		put_compile_failure(m, outcome, why);
	return EX_CONFIG;
}
