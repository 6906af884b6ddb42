#include "map/mapping.h"

#include <stdlib.h>

#include "base/builtin.h"
#include "base/mem.h"
#include "jq/compile.h"
#include "map/prelude.h"

void mappings_init(struct mappings *m, const struct mapper_filter *filters,
    size_t count, enum mapper_engine engine)
{
	size_t builtin = 0;
	struct mapping *to;

	while (builtin_filters[builtin].name)
		builtin++;
	m->filters = count;
	m->count = count + builtin + 1;
	m->list = to = mem_zero(m->count, sizeof(*to));
	for (size_t i = 0; i < count; i++)
		*to++ = (struct mapping){.endpoint = filters[i].endpoint,
		    .file = filters[i].file,
		    .text = filters[i].text,
		    .in_libjq = engine != ENGINE_OWN};
	for (const struct builtin_file *f = builtin_filters; f->name; f++)
		*to++ = (struct mapping){.endpoint = slice_of(f->name),
		    .text = {f->text, f->len},
		    .in_libjq = engine == ENGINE_LIBJQ};
	/* Of an endpoint without a mapping, only errors are mapped. */
	*to = (struct mapping){.text = SLICE("not_ok(subject)"),
	    .in_libjq = engine == ENGINE_LIBJQ};
}

void mappings_release(struct mappings *m)
{
	for (size_t i = 0; i < m->count; i++) {
		program_free(m->list[i].program);
		free(m->list[i].shape);
	}
	free(m->list);
}

struct mapping *mappings_find(struct mappings *m, struct slice endpoint)
{
	struct mapping *last = &m->list[m->count - 1], *others = NULL;

	for (size_t i = 0; i < m->filters; i++)
		if (!m->list[i].endpoint.p)
			others = &m->list[i];
		else if (slice_eq(m->list[i].endpoint, endpoint))
			return &m->list[i];
	if (others || slice_is(endpoint, "prelude"))
		return others ? others : last;
	for (struct mapping *x = &m->list[m->filters]; x < last; x++)
		if (slice_eq(x->endpoint, endpoint))
			return x;
	return last;
}

struct program *mapping_compile(
    struct names *names, struct slice text, struct buf *why)
{
	const struct program_source sources[] = {
	    {"prelude", prelude_text()}, {NULL, text}};

	buf_clear(why);
	return program_compile(names, sources, 2, why);
}

static bool prepare_shape(
    struct mapping *m, struct names *names, struct buf *why)
{
	struct expected_shape *shape = mem_alloc(sizeof(*shape));
	const char *wrong;

	if (shape_parse(shape, names, m->text, &wrong)) {
		m->shape = shape;
		return true;
	}
	free(shape);
	buf_clear(why);
	buf_puts(why, wrong);
	return false;
}

bool mapping_prepare(struct mapping *m, struct names *names, struct buf *why)
{
	if (!m->shape && !prepare_shape(m, names, why))
		return false;
	if (!m->in_libjq && !m->program)
		m->program = mapping_compile(names, m->text, why);
	return m->in_libjq || m->program;
}
