#include "map/libjq_program.h"

#include <string.h>

#include "base/array.h"
#include "base/mem.h"
#include "map/libjq_value.h"
#include "map/message.h"
#include "map/prelude.h"

/* Append the prelude as one line, without its comments. */
static void put_prelude(struct buf *to)
{
	struct slice text = prelude_text();

	while (text.n > 0) {
		struct slice line = slice_cut(&text, '\n');

		while (line.n > 0 && (*line.p == '\t' || *line.p == ' '))
			line = slice_from(line, 1);
		if (line.n > 0 && *line.p != '#') {
			buf_put_slice(to, line);
			buf_putc(to, ' ');
		}
	}
}

/* Append a value, borrowed; a string without its quotes. */
static void put_message(struct buf *why, jv v)
{
	struct buf json = BUF_INIT((size_t)64 << 10);
	bool string = jv_get_kind(v) == JV_KIND_STRING;

	if (!string)
		libjq_value_write(&json, v);
	if (!message_put(why, string ? libjq_value_slice(v) : buf_slice(&json)))
		buf_puts(why, "...");
	buf_release(&json);
}

static bool drop_text(struct slice *s, const char *text)
{
	bool starts = slice_starts(*s, slice_of(text));

	if (starts)
		*s = slice_from(*s, strlen(text));
	return starts;
}

/*
 * Append the first line of what the compiler says, "jq: error: WHAT (Unix shell
 * quoting issues?) at <top-level>, line N:", without what does not help.
 */
static void put_compile_error(struct buf *why, struct slice text)
{
	static const char hint[] = " (Unix shell quoting issues?)";
	static const char place[] = " at <top-level>";
	size_t from = why->n;

	text = slice_cut(&text, '\n');
	drop_text(&text, "jq: error: ");
	while (text.n > 0 && text.p[text.n - 1] == ':')
		text.n--;
	while (text.n > 0 && why->n - from < MESSAGE_MAX) {
		if (drop_text(&text, hint) || drop_text(&text, place))
			continue;
		buf_putc(why, *text.p);
		text = slice_from(text, 1);
	}
}

static void on_error(void *ctx, jv message)
{
	struct libjq_program *p = ctx;

	if (p->errors && p->errors->n == 0 &&
	    jv_get_kind(message) == JV_KIND_STRING)
		put_compile_error(p->errors, libjq_value_slice(message));
	jv_free(message);
}

static void on_no_memory(void *ctx)
{
	(void)ctx;
	mem_exhausted();
}

static void on_debug(void *ctx, jv value)
{
	struct libjq_program *p = ctx;
	struct buf json = BUF_INIT((size_t)64 << 10);

	libjq_value_write(&json, value);
	p->debug(p->ctx, buf_slice(&json));
	buf_release(&json);
	jv_free(value);
}

static jv on_input(jq_state *jq, void *ctx)
{
	(void)jq;
	(void)ctx;
	return jv_invalid_with_msg(jv_string("a mapping has no other input"));
}

/* Explain syntax errors that are due to the prelude before the program. */
static void explain(struct buf *why)
{
	static const char *const words[] = {"import", "include", "module"};
	struct slice text = buf_slice(why);

	if (!drop_text(&text, "syntax error, unexpected "))
		return;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!drop_text(&text, words[i]))
			continue;
		buf_clear(why);
		buf_printf(why, "'%s' cannot be used: a mapping is one file",
		    words[i]);
		return;
	}
}

bool libjq_program_compile(
    struct libjq_program *p, struct slice program, struct buf *why)
{
	struct buf text = BUF_INIT(SIZE_MAX / 2);
	bool ok;

	if (memchr(program.p, '\0', program.n)) {
		buf_puts(why, "the file holds a NUL");
		return false;
	}
	put_prelude(&text);
	buf_put_slice(&text, program);
	p->jq = mem_need(jq_init());
	jq_set_nomem_handler(p->jq, on_no_memory, NULL);
	jq_set_error_cb(p->jq, on_error, p);
	jq_set_debug_cb(p->jq, on_debug, p);
	jq_set_input_cb(p->jq, on_input, NULL);
	jq_set_attr(p->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	p->errors = why;
	ok = jq_compile(p->jq, buf_cstr(&text));
	p->errors = NULL;
	buf_release(&text);
	if (ok)
		return true;
	jq_teardown(&p->jq);
	if (why->n == 0)
		buf_puts(why, "it does not compile");
	explain(why);
	return false;
}

bool libjq_program_run(struct libjq_program *p, jv input,
    const char *(*use_result)(void *ctx, jv result), void *ctx, struct buf *why)
{
	jv result;

	for (jq_start(p->jq, input, 0);;) {
		const char *wrong;

		/* After an invalid result, it must not be called again. */
		result = jq_next(p->jq);
		if (!jv_is_valid(result))
			break;
		wrong = use_result(ctx, result);
		jv_free(result);
		if (wrong) {
			buf_puts(why, wrong);
			return false;
		}
	}
	if (jq_halted(p->jq)) {
		buf_puts(why, "the mapping halted");
		jv_free(result);
		return false;
	}
	if (!jv_invalid_has_msg(jv_copy(result))) {
		jv_free(result);
		return true;
	}
	result = jv_invalid_get_msg(result);
	put_message(why, result);
	jv_free(result);
	return false;
}
