#include "jq/compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/builtin.h"
#include "base/mem.h"
#include "jq/compiler.h"

#define COMPILE_MEMORY_MAX ((size_t)256 << 20)
#define COMPILE_STACK_MAX ((size_t)1 << 20)
#define COMPILE_TIME_MAX_MS 10000

void compile_error(struct compiler *c, uint32_t line, const char *format, ...)
{
	const char *name = c->source->name;
	va_list args;
	char text[512];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_printf(c->why, "%s%sline %u: %s", name ? name : "",
	    name ? ", " : "", (unsigned)line, text);
	heap_exceed(c->heap, "");
}

void *compiler_new(struct compiler *c, size_t n)
{
	heap_tick(c->heap);
	return memset(heap_alloc(c->heap, n), 0, n);
}

void *compiler_grow(struct compiler *c, void *items, size_t n, size_t size)
{
	void *new;

	if ((n & (n - 1)) != 0)
		return items;
	new = compiler_new(c, (n > 0 ? 2 * n : 1) * size);
	if (n > 0)
		memcpy(new, items, n * size);
	return new;
}

static void compile(void *ctx)
{
	struct compiler *c = ctx;
	const struct program_source builtins = {
	    "builtins.jq", {builtin_jq[0].text, builtin_jq[0].len}};
	struct node *tree = NULL, **end;

	c->source = &builtins;
	end = parse_source(c, c->source->text, false, &tree);
	for (size_t i = 0; i < c->count; i++) {
		c->source = &c->sources[i];
		end = parse_source(c, c->source->text, i + 1 == c->count, end);
	}
	resolve_names(c, tree);
}

struct program *program_compile(struct names *names,
    const struct program_source *sources, size_t count, struct buf *why)
{
	struct program *program = mem_zero(1, sizeof(*program));
	struct compiler c = {.heap = &program->heap,
	    .names = names,
	    .sources = sources,
	    .count = count,
	    .text = BUF_INIT(SIZE_MAX),
	    .program = program,
	    .why = why};
	bool ok;

	program->heap.max = COMPILE_MEMORY_MAX;
	program->heap.stack_max = COMPILE_STACK_MAX;
	program->heap.time_max_ms = COMPILE_TIME_MAX_MS;
	ok = heap_guard(&program->heap, compile, &c);
	if (!ok && why->n == 0)
		buf_puts(why, program->heap.exceeded);
	buf_release(&c.text);
	if (ok)
		return program;
	program_free(program);
	return NULL;
}

void program_free(struct program *p)
{
	if (p) {
		heap_release(&p->heap);
		free(p);
	}
}
