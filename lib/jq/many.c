/*
 * Which nodes may yield many results. Each is assumed to yield at most one,
 * until its parts are found to yield more; functions that call themselves make
 * it necessary to look again until nothing changes.
 */
#include "jq/compiler.h"

/* What a node or function yields, as in struct node. */
struct yield {
	bool many;
	uint32_t many_if;
};

struct search {
	struct heap *heap;
	bool changed;
};

static const struct yield one;
static const struct yield many = {true, 0};

static struct yield visit(struct search *, struct node *);

static struct yield either(struct yield a, struct yield b)
{
	if (a.many || b.many)
		return many;
	return (struct yield){false, a.many_if | b.many_if};
}

/* Of a node's parts a to d. */
static struct yield visit_parts(struct search *s, struct node *n)
{
	struct node *parts[] = {n->a, n->b, n->c, n->d};
	struct yield y = one;

	for (int i = 0; i < 4; i++)
		if (parts[i])
			y = either(y, visit(s, parts[i]));
	return y;
}

static struct yield visit_list(struct search *s, struct node *n)
{
	struct yield y = one;

	for (uint32_t i = 0; i < n->count; i++)
		y = either(y, visit(s, n->parts[i]));
	return y;
}

/* A call yields what the function does, if that depends on arguments: they. */
static struct yield visit_call(struct search *s, struct node *n)
{
	const struct function *f = n->function;
	struct yield y = {f->many, 0};

	for (uint32_t i = 0; i < n->count; i++) {
		struct yield argument = visit(s, n->arguments[i].body);

		if (i < 32 && f->many_if & UINT32_C(1) << i)
			y = either(y, argument);
	}
	return y;
}

static struct yield visit_builtin(struct search *s, struct node *n)
{
	struct yield y = one;

	for (uint32_t i = 0; i < n->count; i++)
		y = either(y, visit(s, n->arguments[i].body));
	return n->builtin->many ? many : n->builtin->one ? one : y;
}

static struct yield yield_of(struct search *s, struct node *n)
{
	struct yield y;

	switch (n->kind) {
	case NODE_IDENTITY:
	case NODE_CONSTANT:
	case NODE_VARIABLE:
	case NODE_FORMAT:
	case NODE_BREAK: return one;
	case NODE_EACH:
	case NODE_COMMA: visit_parts(s, n); return many;
	case NODE_ARRAY: visit_parts(s, n); return one;
	case NODE_OBJECT:
	case NODE_STRING: return visit_list(s, n);
	case NODE_UPDATE: visit_parts(s, n); return one;
	case NODE_ASSIGN:
	case NODE_UPDATE_BY: visit(s, n->a); return visit(s, n->b);
	case NODE_REDUCE:
		visit(s, n->a);
		y = visit(s, n->b);
		visit(s, n->c);
		return y;
	case NODE_CALL: return visit_call(s, n);
	case NODE_BUILTIN: return visit_builtin(s, n);
	case NODE_PARAMETER: return (struct yield){n->many, n->many_if};
	default: return visit_parts(s, n);
	}
}

static struct yield visit(struct search *s, struct node *n)
{
	struct yield y;

	heap_check_stack(s->heap);
	y = yield_of(s, n);
	n->many = y.many;
	n->many_if = y.many_if;
	return y;
}

void find_many(struct compiler *c, struct function **functions, size_t count)
{
	struct search s = {.heap = c->heap, .changed = true};

	while (s.changed) {
		s.changed = false;
		for (size_t i = 0; i < count; i++) {
			struct function *f = functions[i];
			struct yield y = visit(&s, f->body);

			s.changed |=
			    f->many != y.many || f->many_if != y.many_if;
			f->many = y.many;
			f->many_if = y.many_if;
		}
	}
}
