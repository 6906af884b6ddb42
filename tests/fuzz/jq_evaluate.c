/*
 * Fuzzes the evaluator of jq: a program and its input, which are the lines
 * before the first empty line and those after it, give results that are written
 * as JSON, an error, or strike a limit. Memory and time are small, and are
 * kept.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "jq/compile.h"
#include "value/heap.h"
#include "value/json_reader.h"
#include "value/json_writer.h"
#include "jq/machine.h"

#define HEAP_MAX ((size_t)16 << 20)
#define HEAP_SLACK ((size_t)4 << 20) /* a piece that is not filled */
#define RESULTS_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct sink sink; /* first: extended */
	struct machine *machine;
	struct json_reader *reader;
	struct program *program;
	struct slice input;
	struct buf out;
	unsigned results;
};

static bool take_result(struct sink *s, struct jq_value v)
{
	struct run *r = (struct run *)s;
	struct json_style style = {.heap = r->machine->heap};

	buf_clear(&r->out);
	json_write(&r->out, v, &style);
	if (++r->results < RESULTS_MAX)
		return true;
	r->machine->leaving = LEAVING_ALL;
	return false;
}

static void run_guarded(void *ctx)
{
	struct run *r = ctx;
	struct jq_value input;

	if (!json_read(r->reader, r->input, &input))
		return;
	if (!machine_run(r->machine, r->program, input, &r->sink) &&
	    r->machine->leaving == LEAVING_ERROR)
		machine_message(r->machine);
}

static void run_program(
    struct program *program, struct names *names, struct slice input)
{
	struct heap heap = {
	    .max = HEAP_MAX, .time_max_ms = 1000, .stack_max = (size_t)1 << 20};
	struct machine machine = {.heap = &heap, .names = names};
	struct json_reader reader = {.heap = &heap, .names = names};
	struct run r = {.sink = {take_result},
	    .machine = &machine,
	    .reader = &reader,
	    .program = program,
	    .input = input,
	    .out = BUF_INIT((size_t)64 << 20)};

	names_begin_run(names);
	if (!heap_guard(&heap, run_guarded, &r) && !heap.exceeded)
		abort();
	if (heap.arena.used > HEAP_MAX + HEAP_SLACK)
		abort();
	machine_release(&machine);
	json_reader_release(&reader);
	heap_release(&heap);
	buf_release(&r.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct slice input = slice_find(text, SLICE("\n\n"));
	struct buf padded = BUF_INIT((size_t)1 << 20);
	struct buf why = BUF_INIT(1 << 16);
	struct names *names = names_new();
	struct program_source source = {NULL, text};
	struct program *program;

	if (input.p) {
		source.text.n = size - input.n;
		input = slice_from(input, 2);
	} else {
		input = SLICE("null");
	}
	buf_put_slice(&padded, input);
	memset(mem_need(buf_reserve(&padded, READER_PAD)), 0, READER_PAD);
	program = program_compile(names, &source, 1, &why);
	if (program)
		run_program(program, names, (struct slice){padded.p, padded.n});
	program_free(program);
	names_free(names);
	buf_release(&padded);
	buf_release(&why);
	return 0;
}
