/*
 * Which nodes may yield many results. Each is assumed to yield at most one,
 * until its parts are found to yield more; functions that call themselves make
 * it necessary to look again until nothing changes.
 */
#include "jq/compiler.h"

static void visit(struct compiler *, struct node *);

/* A node may yield as many as a part of it does. */
static void add(struct node *n, const struct node *part)
{
	n->many |= part->many;
	n->many_if |= part->many_if;
}

/* A call yields what the function does; if that depends on arguments, them. */
static void visit_call(struct compiler *c, struct node *n)
{
	const struct function *f = n->function;

	n->many |= f->many;
	for (uint32_t i = 0; i < n->count; i++) {
		visit(c, n->arguments[i].body);
		if (i < 32 && f->many_if & UINT32_C(1) << i)
			add(n, n->arguments[i].body);
	}
}

static void visit_builtin(struct compiler *c, struct node *n)
{
	n->many = n->builtin->many;
	for (uint32_t i = 0; i < n->count; i++) {
		visit(c, n->arguments[i].body);
		if (!n->builtin->one)
			add(n, n->arguments[i].body);
	}
}

static void visit_operands(struct compiler *c, struct node *n)
{
	uint32_t count;
	struct node **operands = node_operands(n, &count);

	for (uint32_t i = 0; i < count; i++)
		if (operands[i])
			visit(c, operands[i]);
	switch (n->kind) {
	case NODE_ARRAY:
	case NODE_UPDATE: return;
	case NODE_EACH:
	case NODE_COMMA: n->many = true; return;
	case NODE_ASSIGN:
	case NODE_UPDATE_BY:
	case NODE_REDUCE: add(n, n->b); return;
	default: break;
	}
	for (uint32_t i = 0; i < count; i++)
		if (operands[i])
			add(n, operands[i]);
}

static void visit(struct compiler *c, struct node *n)
{
	heap_check_stack(c->heap);
	switch (n->kind) {
	case NODE_CALL: visit_call(c, n); return;
	case NODE_BUILTIN: visit_builtin(c, n); return;
	default: visit_operands(c, n);
	}
}

void find_many(struct compiler *c, struct function *functions)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (struct function *f = functions; f; f = f->next) {
			visit(c, f->body);
			changed |= f->many != f->body->many ||
				   f->many_if != f->body->many_if;
			f->many = f->body->many;
			f->many_if = f->body->many_if;
		}
	}
}
