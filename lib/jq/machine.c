#include "jq/machine.h"

#include <stdarg.h>
#include <stdio.h>

#include "value/json_writer.h"
#include "json/utf8.h"

void machine_release(struct machine *m)
{
	buf_release(&m->scratch);
}

struct buf *machine_clear_scratch(struct machine *m)
{
	buf_clear(&m->scratch);
	m->scratch.max = m->heap->max;
	return &m->scratch;
}

struct jq_value machine_scratch(struct machine *m)
{
	if (m->scratch.failed)
		heap_exceed(m->heap, HEAP_NO_MEMORY);
	return jq_string_copy(m->heap, buf_slice(&m->scratch));
}

struct jq_value machine_json(struct machine *m, struct jq_value v)
{
	const struct json_style style = {.heap = m->heap, .jq_numbers = true};
	const char *wrong = json_write(machine_clear_scratch(m), v, &style);

	return wrong ? machine_error(m, "%s", wrong) : machine_scratch(m);
}

struct jq_value machine_text(struct machine *m, struct jq_value v)
{
	return v.kind == JQ_STRING ? v : machine_json(m, v);
}

struct slice machine_message(struct machine *m)
{
	struct json_style style = {.heap = m->heap, .jq_numbers = true};

	if (m->error.kind == JQ_STRING)
		return jq_slice(m->error);
	json_write(machine_clear_scratch(m), m->error, &style);
	return buf_slice(&m->scratch);
}

struct jq_value machine_raise(struct machine *m, struct jq_value error)
{
	m->leaving = LEAVING_ERROR;
	m->error = error;
	return jq_none();
}

/* A text that may contain the beginning of a cut character. */
static struct jq_value message(struct machine *m, struct slice text)
{
	if (utf8_find_invalid(text) == text.n)
		return jq_string_copy(m->heap, text);
	utf8_put(machine_clear_scratch(m), text);
	return machine_scratch(m);
}

__attribute__((format(printf, 2, 0))) static void raise_text(
    struct machine *m, const char *format, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		heap_exceed(m->heap, HEAP_NO_MEMORY);
	text = heap_alloc(m->heap, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, format, args);
	machine_raise(m, message(m, (struct slice){text, (size_t)n}));
}

struct jq_value machine_error(struct machine *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	raise_text(m, format, args);
	va_end(args);
	return jq_none();
}

bool machine_fail(struct machine *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	raise_text(m, format, args);
	va_end(args);
	return false;
}

const char *machine_quote_in(struct machine *m, struct jq_value v, size_t size)
{
	struct json_style style = {.heap = m->heap, .jq_numbers = true};
	struct buf *json = machine_clear_scratch(m);
	char *text = heap_alloc(m->heap, size);
	size_t n;

	json_write(json, v, &style);
	n = json->n < size ? json->n : size - 1;
	if (n)
		memcpy(text, json->p, n);
	text[n] = '\0';
	if (json->n >= size)
		memcpy(text + size - 4, "...", 3);
	return text;
}
