#include "map/filter.h"

#include <limits.h>
#include <string.h>

#include "base/array.h"
#include "base/mem.h"
#include "map/jqvalue.h"

#define WHY_MAX ((size_t)400) /* of a message, in bytes */

void filter_prelude(struct buf *to, struct slice text)
{
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

/* Append text as one line of bounded length, cut between characters. */
static void put_line(struct buf *why, struct slice text)
{
	size_t n = text.n;

	if (n > WHY_MAX) {
		n = WHY_MAX;
		while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = 0; i < n; i++)
		buf_putc(
		    why, (unsigned char)text.p[i] < 0x20 ? ' ' : text.p[i]);
	if (n < text.n)
		buf_puts(why, "...");
}

/* Append a value, borrowed; a string without its quotes. */
static void put_message(struct buf *why, jv v)
{
	struct buf json = BUF_INIT((size_t)64 << 10);

	if (jv_get_kind(v) == JV_KIND_STRING) {
		put_line(why, (struct slice){jv_string_value(v),
				  (size_t)jv_string_length_bytes(jv_copy(v))});
		return;
	}
	jqvalue_write(&json, v, false);
	put_line(why, buf_slice(&json));
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
 * The compiler's words: "jq: error: WHAT (Unix shell quoting issues?) at
 * <top-level>, line N:" and then the line itself.
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
	for (size_t i = 0; i < text.n && why->n - from < WHY_MAX;) {
		struct slice rest = slice_from(text, i);

		if (drop_text(&rest, hint) || drop_text(&rest, place))
			i = text.n - rest.n;
		else
			buf_putc(why, text.p[i++]);
	}
}

static void on_error(void *ctx, jv message)
{
	struct filter *f = ctx;

	if (f->errors && f->errors->n == 0 &&
	    jv_get_kind(message) == JV_KIND_STRING)
		put_compile_error(f->errors,
		    (struct slice){jv_string_value(message),
			(size_t)jv_string_length_bytes(jv_copy(message))});
	jv_free(message);
}

static void on_no_memory(void *ctx)
{
	(void)ctx;
	mem_exhausted();
}

static void on_debug(void *ctx, jv value)
{
	struct filter *f = ctx;
	struct buf json = BUF_INIT((size_t)64 << 10);

	jqvalue_write(&json, value, false);
	f->debug(f->ctx, buf_slice(&json));
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

bool filter_compile(struct filter *f, struct slice prelude_line,
    struct slice program, struct buf *why)
{
	struct buf text = BUF_INIT((size_t)16 << 20);
	const char *whole;
	bool ok;

	if (memchr(program.p, '\0', program.n)) {
		buf_puts(why, "the file holds a NUL");
		return false;
	}
	buf_put_slice(&text, prelude_line);
	buf_put_slice(&text, program);
	whole = buf_cstr(&text);
	if (!whole) {
		buf_puts(why, "the file is too long");
		buf_release(&text);
		return false;
	}
	f->jq = mem_need(jq_init());
	jq_set_nomem_handler(f->jq, on_no_memory, NULL);
	jq_set_error_cb(f->jq, on_error, f);
	jq_set_debug_cb(f->jq, on_debug, f);
	jq_set_input_cb(f->jq, on_input, NULL);
	jq_set_attr(f->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	f->errors = why;
	ok = jq_compile(f->jq, whole);
	f->errors = NULL;
	buf_release(&text);
	if (ok)
		return true;
	jq_teardown(&f->jq);
	if (why->n == 0)
		buf_puts(why, "it does not compile");
	explain(why);
	return false;
}

void filter_release(struct filter *f)
{
	if (f->jq)
		jq_teardown(&f->jq);
}

bool filter_run(struct filter *f, jv input,
    const char *(*use_result)(void *ctx, jv result), void *ctx, struct buf *why)
{
	jv result = jv_invalid();
	bool ok = true;

	/* After its first invalid result, jq_next must not be called again. */
	for (jq_start(f->jq, input, 0); ok;) {
		const char *wrong;

		result = jq_next(f->jq);
		if (!jv_is_valid(result))
			break;
		wrong = use_result(ctx, result);
		if (wrong) {
			buf_puts(why, wrong);
			ok = false;
		}
		jv_free(result);
	}
	if (!ok)
		return false;
	if (jq_halted(f->jq)) {
		buf_puts(why, "the mapping halted");
		ok = false;
	} else if (jv_invalid_has_msg(jv_copy(result))) {
		jv message = jv_invalid_get_msg(jv_copy(result));

		put_message(why, message);
		jv_free(message);
		ok = false;
	}
	jv_free(result);
	return ok;
}
