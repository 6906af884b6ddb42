#include "jq/evaluator.h"

#include "jq/operators.h"

unsigned operand_count(const struct node *n)
{
	switch (n->kind) {
	case NODE_OBJECT:
	case NODE_STRING:
	case NODE_BUILTIN: return n->count;
	case NODE_SLICE: return 1u + (n->b != NULL) + (n->c != NULL);
	case NODE_FIELD:
	case NODE_NEGATE: return 1;
	default: return 2;
	}
}

static struct node *node_at(const struct node *n, unsigned i)
{
	switch (n->kind) {
	case NODE_OBJECT: return n->parts[i];
	case NODE_STRING: return n->parts[n->count - 1 - i];
	case NODE_SLICE:
		if (n->b && i-- == 0)
			return n->b;
		return n->c && i == 0 ? n->c : n->a;
	case NODE_FIELD:
	case NODE_NEGATE: return n->a;
	default: return i == 0 ? n->b : n->a;
	}
}

struct argument operand_at(const struct node *n, unsigned i)
{
	if (n->kind == NODE_BUILTIN)
		return n->arguments[n->count - 1 - i];
	return (struct argument){.body = node_at(n, i)};
}

bool operand_ready(
    struct machine *m, struct node *n, unsigned i, struct jq_value *values)
{
	if (n->kind == NODE_STRING)
		values[i] = machine_text(m, values[i]);
	if (n->kind == NODE_OBJECT && i % 2 == 1 &&
	    values[i - 1].kind != JQ_STRING)
		return machine_fail(m, "Cannot use %s (%s) as object key",
		    jq_kind_name(values[i - 1]),
		    machine_quote(m, values[i - 1]));
	return values[i].kind != JQ_NONE;
}

static struct jq_value combine_string(
    struct machine *m, const struct jq_value *parts, unsigned count)
{
	size_t n = 0, at = 0;
	char *text;
	struct jq_value s;

	for (unsigned i = 0; i < count; i++)
		n += parts[i].n;
	if (n > UINT32_MAX)
		heap_exceed(m->heap, HEAP_NO_MEMORY);
	text = heap_alloc(m->heap, n);
	s = jq_string((struct slice){text, n});
	s.plain = true;
	for (unsigned i = count; i-- > 0; at += parts[i].n) {
		if (parts[i].n)
			memcpy(text + at, parts[i].text, parts[i].n);
		s.plain = s.plain && parts[i].plain;
	}
	return s;
}

static struct jq_value combine_object(
    struct machine *m, const struct node *n, const struct jq_value *values)
{
	struct jq_value o = jq_object(m->heap, n->count / 2);

	for (uint32_t i = 0; i < n->count; i += 2) {
		struct name *name = n->parts[i]->name;

		if (n->parts[i]->kind != NODE_CONSTANT || !name)
			name = names_of(m->names, m->heap, jq_slice(values[i]));
		o = jq_object_set(m->heap, o, name, values[i + 1]);
	}
	return o;
}

static struct jq_value combine_slice(
    struct machine *m, const struct node *n, const struct jq_value *values)
{
	struct jq_value from = jq_null(), to = jq_null();

	if (n->b)
		from = *values++;
	if (n->c)
		to = *values++;
	return operator_slice(m, *values, from, to);
}

static struct jq_value combine_step(
    struct machine *m, struct node *n, const struct jq_value *values)
{
	struct jq_value v;

	if (n->kind == NODE_FIELD)
		return field_of(m, n, values[0]);
	v = n->kind == NODE_INDEX ? operator_index(m, values[1], values[0])
				  : combine_slice(m, n, values);
	if (v.kind == JQ_NONE)
		step_is_skipped(m, n);
	return v;
}

static struct jq_value combine_builtin(struct machine *m, const struct node *n,
    struct jq_value in, const struct jq_value *values)
{
	struct jq_value arguments[BUILTIN_VALUES_MAX];

	for (uint32_t i = 0; i < n->count; i++)
		arguments[i] = values[n->count - 1 - i];
	return n->builtin->call(m, in, arguments);
}

struct jq_value operands_combine(struct machine *m, struct node *n,
    struct jq_value in, const struct jq_value *values)
{
	switch (n->kind) {
	case NODE_FIELD:
	case NODE_INDEX:
	case NODE_SLICE: return combine_step(m, n, values);
	case NODE_NEGATE: return operator_negate(m, values[0]);
	case NODE_OBJECT: return combine_object(m, n, values);
	case NODE_STRING: return combine_string(m, values, n->count);
	case NODE_BUILTIN: return combine_builtin(m, n, in, values);
	default: return operator_apply(m, n->kind, values[1], values[0]);
	}
}
