/*
 * Fuzzes the engine's reader of JSON: its result is that of lib/json, error
 * and place included, and what it reads and writes again reads back equal.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "value/json_reader.h"
#include "value/json_writer.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct heap heap = {
    .max = 256 << 20, .time_max_ms = 60000, .stack_max = 4 << 20};
static struct json_reader reader = {.heap = &heap};

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* NaN is never read, so that each value is equal to itself. */
static void check_value(struct jq_value v)
{
	const struct json_style plain = {.sorted = false};
	struct buf written = {.max = 1 << 24}, again = {.max = 1 << 24};
	const char *wrong = json_write(&written, v, &plain);
	struct jq_value back;

	must(!wrong || strcmp(wrong, "nested too deep") == 0);
	if (!wrong) {
		must(buf_reserve(&written, READER_PAD) != NULL);
		must(json_read(&reader, buf_slice(&written), &back));
		must(jq_equal(&heap, v, back));
		must(jq_compare(&heap, v, back) == 0);
		must(!json_write(&again, back, &plain));
		must(slice_eq(buf_slice(&written), buf_slice(&again)));
	}
	buf_release(&written);
	buf_release(&again);
}

static void read_text(void *ctx)
{
	struct slice *text = ctx;
	struct jq_value v;
	struct json j;
	bool accepted;

	names_begin_run(reader.names);
	accepted = json_read(&reader, *text, &v);
	must(accepted == json_check(&j, *text));
	must(reader.error == j.error && reader.at == j.at);
	if (accepted)
		check_value(v);
}

/* The pad is filled with what the text ends with, so that it might go on. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {NULL, size};
	size_t end = size < 8 ? size : 8;
	char *p = mem_zero(size + READER_PAD, 1);

	if (!reader.names)
		reader.names = names_new();
	if (size)
		memcpy(p, data, size);
	for (size_t i = 0; size > 0 && i < READER_PAD; i++)
		p[size + i] = p[size - end + i % end];
	text.p = p;
	must(heap_guard(&heap, read_text, &text));
	free(p);
	return 0;
}
