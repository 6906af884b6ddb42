/* libjq as an engine. */
#include <jq.h>
#include <jv.h>
#include <stdio.h>
#include <stdlib.h>

#include "engines.h"

/*
 * To compile a program takes libjq 20 ms, nearly all of them for its own
 * definitions. So many programs are compiled as one, whose input says which
 * of them runs. Where that does not compile, each half is tried.
 */
#define TOGETHER 64

static void put_json(struct buf *to, const char *before, jv v)
{
	jv text = jv_dump_string(v, 0);

	buf_puts(to, before);
	buf_put(to, jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)));
	buf_putc(to, '\n');
	jv_free(text);
}

static void take_debug(void *ctx, jv v)
{
	put_json(ctx, "debug: ", v);
}

/* Called with what the compiler says, of which the first line is enough. */
static void take_error(void *ctx, jv message)
{
	struct buf *why = ctx;

	if (why && why->n == 0 && jv_get_kind(message) == JV_KIND_STRING)
		buf_puts(why, jv_string_value(message));
	jv_free(message);
}

static jv no_input(jq_state *jq, void *ctx)
{
	(void)jq;
	(void)ctx;
	return jv_invalid();
}

static jq_state *compile(const char *text, struct buf *why)
{
	jq_state *jq = jq_init();

	if (!jq)
		abort();
	jq_set_input_cb(jq, no_input, NULL);
	jq_set_error_cb(jq, take_error, why);
	if (jq_compile(jq, text))
		return jq;
	jq_teardown(&jq);
	return NULL;
}

static void run_one(jq_state *jq, jv input, struct buf *to)
{
	unsigned results = 0;
	jv v;

	buf_clear(to);
	jq_set_debug_cb(jq, take_debug, to);
	jq_start(jq, input, 0);
	while (jv_is_valid(v = jq_next(jq))) {
		if (results++ == RESULTS_MAX) {
			jv_free(v);
			buf_puts(to, "cut\n");
			return;
		}
		put_json(to, "", v);
	}
	if (jv_invalid_has_msg(jv_copy(v)))
		put_json(to, "! ", jv_invalid_get_msg(v));
	else
		jv_free(v);
}

/* The end of the trials from i on that have the program of the first. */
static size_t same_program(const struct trial *trials, size_t i, size_t count)
{
	size_t to = i + 1;

	while (to < count && trials[to].program == trials[i].program)
		to++;
	return to;
}

/* One program of several: its input is [number, input]. */
static void put_programs(
    struct buf *text, const struct trial *trials, size_t count)
{
	unsigned n = 0;

	for (size_t i = 0; i < count; i = same_program(trials, i, count), n++)
		buf_printf(text, "%s .[0] == %u then .[1] | (%s\n)\n",
		    n ? "elif" : "if", n, trials[i].program);
	buf_puts(text, "else error end");
}

struct done {
	void (*f)(void *ctx, struct slice outcome);
	void *ctx;
};

static void run_compiled(
    jq_state *jq, const struct trial *trials, size_t count, struct done done)
{
	struct buf outcome = BUF_INIT(OUTCOME_MAX);
	size_t next = 0;
	int n = -1;

	for (size_t i = 0; i < count; i++) {
		jv input = jv_parse(trials[i].input);

		if (i == next) {
			next = same_program(trials, i, count);
			n++;
		}
		run_one(jq, JV_ARRAY(jv_number(n), input), &outcome);
		done.f(done.ctx, buf_slice(&outcome));
	}
	buf_release(&outcome);
}

static void run_single(
    const struct trial *trials, size_t count, struct done done)
{
	struct buf outcome = BUF_INIT(OUTCOME_MAX), why = BUF_INIT(OUTCOME_MAX);
	jq_state *jq = compile(trials->program, &why);

	if (!jq)
		buf_printf(&outcome, "refused: %.100s\n", buf_cstr(&why));
	for (size_t i = 0; i < count; i++) {
		if (jq)
			run_one(jq, jv_parse(trials[i].input), &outcome);
		done.f(done.ctx, buf_slice(&outcome));
	}
	if (jq)
		jq_teardown(&jq);
	buf_release(&outcome);
	buf_release(&why);
}

/* Trials of at most TOGETHER programs. */
static void run_some(const struct trial *trials, size_t count, struct done done)
{
	struct buf text = BUF_INIT(INPUT_MAX);
	size_t half = same_program(trials, 0, count);
	jq_state *jq;

	if (half == count) {
		run_single(trials, count, done);
		return;
	}
	put_programs(&text, trials, count);
	jq = compile(buf_cstr(&text), NULL);
	buf_release(&text);
	if (jq) {
		run_compiled(jq, trials, count, done);
		jq_teardown(&jq);
		return;
	}
	while (half < count / 2)
		half = same_program(trials, half, count);
	run_some(trials, half, done);
	run_some(trials + half, count - half, done);
}

static void libjq_run(const struct trial *trials, size_t count,
    void (*done)(void *ctx, struct slice outcome), void *ctx)
{
	size_t to;

	for (size_t from = 0; from < count; from = to) {
		to = from;
		for (int n = 0; n < TOGETHER && to < count; n++)
			to = same_program(trials, to, count);
		run_some(trials + from, to - from, (struct done){done, ctx});
	}
}

const struct jq_engine engine_libjq = {"libjq", libjq_run};

/* By functions that each version added. */
int libjq_version(void)
{
	static const char *const added[] = {
	    "pick(.a)", "ltrimstr(\"\") | trimstr(\"\")"};
	static int version;

	if (version > 0)
		return version;
	version = 106;
	for (int i = 0; i < 2; i++) {
		jq_state *jq = compile(added[i], NULL);

		if (!jq)
			break;
		jq_teardown(&jq);
		version++;
	}
	return version;
}
