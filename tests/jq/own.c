/* lib/jq as an engine. */
#include <stdlib.h>
#include <string.h>

#include "engines.h"
#include "jq/compile.h"
#include "value/heap.h"
#include "value/json_reader.h"
#include "value/json_writer.h"
#include "jq/machine.h"

struct run {
	struct sink sink; /* first: extended */
	struct machine machine;
	struct heap heap;
	struct json_reader reader;
	struct program *program;
	struct slice input;
	struct buf outcome, padded;
	unsigned results;
};

/*
 * As libjq writes a value that JSON does not have: NaN as null, infinity as the
 * greatest number.
 */
static void put_odd(struct buf *to, struct jq_value v)
{
	if (v.kind == JQ_NUMBER && v.number != v.number) {
		buf_puts(to, "null");
	} else if (v.kind == JQ_ARRAY) {
		buf_putc(to, '[');
		for (uint32_t i = 0; i < v.n; i++) {
			if (i > 0)
				buf_putc(to, ',');
			put_odd(to, v.array->items[i]);
		}
		buf_putc(to, ']');
	} else if (v.kind == JQ_OBJECT) {
		buf_putc(to, '{');
		for (uint32_t i = 0; i < v.n; i++) {
			struct jq_member *m = &v.object->members[i];

			if (i > 0)
				buf_putc(to, ',');
			json_write_string(to, jq_string(m->name->text));
			buf_putc(to, ':');
			put_odd(to, m->value);
		}
		buf_putc(to, '}');
	} else if (v.kind == JQ_NUMBER && v.number - v.number != 0) {
		buf_puts(to, v.number > 0 ? "1.7976931348623157e+308"
					  : "-1.7976931348623157e+308");
	} else {
		json_write(to, v, &(struct json_style){.jq_numbers = true});
	}
}

static void put_json(struct run *r, const char *before, struct jq_value v)
{
	struct buf *to = &r->outcome;
	struct json_style plain = {.heap = &r->heap, .jq_numbers = true};
	size_t from;

	buf_puts(to, before);
	from = to->n;
	if (json_write(to, v, &plain)) {
		to->n = from;
		put_odd(to, v);
	}
	buf_putc(to, '\n');
}

static bool take_result(struct sink *s, struct jq_value v)
{
	struct run *r = (struct run *)s;

	if (r->results++ == RESULTS_MAX) {
		buf_puts(&r->outcome, "cut\n");
		r->machine.leaving = LEAVING_ALL;
		return false;
	}
	put_json(r, "", v);
	return true;
}

static void take_debug(void *ctx, struct jq_value v)
{
	put_json(ctx, "debug: ", v);
}

static void run_guarded(void *ctx)
{
	struct run *r = ctx;
	struct jq_value input;

	if (!json_read(&r->reader, r->input, &input)) {
		buf_printf(&r->outcome, "limit: input: %s\n", r->reader.error);
		return;
	}
	if (!machine_run(&r->machine, r->program, input, &r->sink) &&
	    r->machine.leaving == LEAVING_ERROR)
		put_json(r, "! ", r->machine.error);
}

static void run_one(struct run *r, const char *input)
{
	size_t n = strlen(input);

	buf_clear(&r->padded);
	buf_put(&r->padded, input, n);
	if (!buf_reserve(&r->padded, READER_PAD))
		abort();
	memset(r->padded.p + n, 0, READER_PAD);
	r->input = (struct slice){r->padded.p, n};
	r->results = 0;
	names_begin_run(r->machine.names);
	if (!heap_guard(&r->heap, run_guarded, r))
		buf_printf(&r->outcome, "limit: %s\n", r->heap.exceeded);
}

static void own_run(const struct trial *trials, size_t count,
    void (*done)(void *ctx, struct slice outcome), void *ctx)
{
	struct buf why = BUF_INIT(OUTCOME_MAX);
	struct names *names = names_new();
	struct run r = {
	    .sink = {take_result},
	    .heap = {.max = MEMORY_MAX / 4,
		.time_max_ms = TIME_MAX * 1000 / 2,
		.stack_max = (size_t)6 << 20},
	    .outcome = BUF_INIT(OUTCOME_MAX),
	    .padded = BUF_INIT(INPUT_MAX),
	};

	r.machine = (struct machine){
	    .heap = &r.heap, .names = names, .debug = take_debug, .ctx = &r};
	r.reader = (struct json_reader){.heap = &r.heap, .names = names};
	for (size_t i = 0; i < count; i++) {
		struct program_source source = {
		    NULL, slice_of(trials[i].program)};

		if (i == 0 || trials[i].program != trials[i - 1].program) {
			program_free(r.program);
			buf_clear(&why);
			r.program = program_compile(names, &source, 1, &why);
		}
		buf_clear(&r.outcome);
		if (r.program)
			run_one(&r, trials[i].input);
		else
			buf_printf(&r.outcome, "refused: %s\n", buf_cstr(&why));
		done(ctx, buf_slice(&r.outcome));
	}
	program_free(r.program);
	machine_release(&r.machine);
	json_reader_release(&r.reader);
	heap_release(&r.heap);
	names_free(names);
	buf_release(&r.outcome);
	buf_release(&r.padded);
	buf_release(&why);
}

const struct jq_engine engine_own = {"lib/jq", own_run};
