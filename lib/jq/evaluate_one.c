/*
 * Nodes that yield at most one result, evaluated to a value: most of what a
 * program does.
 */
#include "jq/builtins.h"
#include "jq/calls.h"
#include "jq/evaluator.h"
#include "jq/operators.h"

struct jq_value field_of(struct machine *m, struct node *n, struct jq_value v)
{
	if (v.kind == JQ_OBJECT) {
		v = jq_object_get(v, n->name, &n->hint);
		return v.kind == JQ_NONE ? jq_null() : v;
	}
	if (v.kind == JQ_NULL)
		return v;
	return n->optional ? jq_none() : cannot_index(m, v, n->name->text);
}

/* An operand, without a call for what is simple. */
static inline struct jq_value operand(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	if (n->kind == NODE_IDENTITY)
		return in;
	if (n->kind == NODE_CONSTANT)
		return n->constant;
	return evaluate_one(m, n, f, in);
}

/* The operands a and b, the second first; false where one yields nothing. */
static inline bool operands(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *a, struct jq_value *b)
{
	*b = operand(m, n->b, f, in);
	if (b->kind == JQ_NONE)
		return false;
	*a = operand(m, n->a, f, in);
	return a->kind != JQ_NONE;
}

ONE(identity)
{
	return in;
}

ONE(constant)
{
	return n->constant;
}

ONE(variable)
{
	return frame_at(f, n->level)->slots[n->slot].value;
}

ONE(field)
{
	if (n->a->kind != NODE_IDENTITY) {
		in = evaluate_one(m, n->a, f, in);
		if (in.kind == JQ_NONE)
			return in;
	}
	if (in.kind == JQ_OBJECT && n->hint < in.n &&
	    in.object->members[n->hint].name == n->name)
		return in.object->members[n->hint].value;
	return field_of(m, n, in);
}

/* What a step has come to. */
static struct jq_value step_end(
    struct machine *m, const struct node *n, struct jq_value v)
{
	if (v.kind == JQ_NONE)
		step_is_skipped(m, n);
	return v;
}

ONE(element)
{
	struct jq_value a, key;

	if (!operands(m, n, f, in, &a, &key))
		return jq_none();
	if (a.kind == JQ_ARRAY && key.kind == JQ_NUMBER && key.number >= 0 &&
	    key.number < a.n)
		return a.array->items[(uint32_t)key.number];
	return step_end(m, n, operator_index(m, a, key));
}

ONE(slice)
{
	struct jq_value from = n->b ? operand(m, n->b, f, in) : jq_null();
	struct jq_value to, a;

	if (from.kind == JQ_NONE)
		return from;
	to = n->c ? operand(m, n->c, f, in) : jq_null();
	if (to.kind == JQ_NONE)
		return to;
	a = operand(m, n->a, f, in);
	if (a.kind == JQ_NONE)
		return a;
	return step_end(m, n, operator_slice(m, a, from, to));
}

ONE(pipe)
{
	in = evaluate_one(m, n->a, f, in);
	return in.kind == JQ_NONE ? in : evaluate_one(m, n->b, f, in);
}

ONE(condition)
{
	struct jq_value v = evaluate_one(m, n->a, f, in);

	if (v.kind == JQ_NONE)
		return v;
	n = jq_is_true(v) ? n->b : n->c;
	return n ? evaluate_one(m, n, f, in) : in;
}

ONE(binding)
{
	struct jq_value v = operand(m, n->a, f, in);

	if (v.kind == JQ_NONE)
		return v;
	f->slots[n->slot].value = v;
	return evaluate_one(m, n->b, f, in);
}

ONE(alternative)
{
	struct jq_value v = evaluate_one(m, n->a, f, in);

	return jq_is_true(v) || m->leaving ? v : evaluate_one(m, n->b, f, in);
}

ONE(try)
{
	struct jq_value v = evaluate_one(m, n->a, f, in);

	if (v.kind != JQ_NONE || m->leaving != LEAVING_ERROR)
		return v;
	m->leaving = LEAVING_NOTHING;
	return n->b ? evaluate_one(m, n->b, f, m->error) : v;
}

/* An operator: the second operand is evaluated first. */
ONE(binary)
{
	struct jq_value a, b;

	if (!operands(m, n, f, in, &a, &b))
		return jq_none();
	if (a.kind != JQ_NUMBER || b.kind != JQ_NUMBER ||
	    a.number != a.number || b.number != b.number)
		return operator_apply(m, n->kind, a, b);
	switch (n->kind) {
	case NODE_ADD: return jq_number(a.number + b.number);
	case NODE_SUBTRACT: return jq_number(a.number - b.number);
	case NODE_MULTIPLY: return jq_number(a.number * b.number);
	case NODE_DIVIDE:
		if (b.number != 0)
			return jq_number(a.number / b.number);
		return operator_apply(m, n->kind, a, b);
	case NODE_LESS: return jq_bool(a.number < b.number);
	case NODE_LESS_EQUAL: return jq_bool(a.number <= b.number);
	case NODE_GREATER: return jq_bool(a.number > b.number);
	case NODE_GREATER_EQUAL: return jq_bool(a.number >= b.number);
	default: return operator_apply(m, n->kind, a, b);
	}
}

ONE(equality)
{
	bool unequal = n->kind == NODE_UNEQUAL;
	struct jq_value a, b;

	if (!operands(m, n, f, in, &a, &b))
		return jq_none();
	if (a.kind != b.kind)
		return jq_bool(unequal);
	if (a.kind < JQ_NUMBER)
		return jq_bool(!unequal);
	if (a.kind == JQ_NUMBER)
		return jq_bool((a.number == b.number) != unequal);
	if (a.kind == JQ_STRING)
		return jq_bool(slice_eq(jq_slice(a), jq_slice(b)) != unequal);
	return jq_bool(jq_equal(m->heap, a, b) != unequal);
}

ONE(negation)
{
	in = operand(m, n->a, f, in);
	return in.kind == JQ_NONE ? in : operator_negate(m, in);
}

ONE(logical)
{
	struct jq_value v = operand(m, n->a, f, in);

	if (v.kind != JQ_NONE && jq_is_true(v) == (n->kind == NODE_AND))
		v = operand(m, n->b, f, in);
	return v.kind == JQ_NONE ? v : jq_bool(jq_is_true(v));
}

/* Texts, and what is between them, by turns; the last is evaluated first. */
ONE(string)
{
	struct jq_value *parts = __builtin_alloca(n->count * sizeof(*parts));

	for (uint32_t i = n->count; i-- > 0;) {
		parts[i] = operand(m, n->parts[i], f, in);
		if (i % 2 == 1 && parts[i].kind != JQ_NONE)
			parts[i] = machine_text(m, parts[i]);
		if (parts[i].kind == JQ_NONE)
			return jq_none();
	}
	return string_join(m, parts, n->count);
}

/* Sinks that keep results. */

struct kept {
	struct place_sink sink;
	struct heap *heap;
	struct jq_value value;
};

static bool keep_last(struct place_sink *s, const struct place *p)
{
	((struct kept *)s)->value = p->value;
	return true;
}

static bool keep_first(struct place_sink *s, const struct place *p)
{
	((struct kept *)s)->value = p->value;
	return false;
}

static bool keep_all(struct place_sink *s, const struct place *p)
{
	struct kept *k = (struct kept *)s;

	k->value = jq_array_append(k->heap, k->value, p->value);
	return true;
}

struct jq_value evaluate_last(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct kept last = {.sink = {keep_last}};
	struct place p = {.value = in};

	return each_of_kind[n->kind](m, n, f, &p, &last.sink) ? last.value
							      : jq_none();
}

struct jq_value evaluate_first(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct kept first = {.sink = {keep_first}};

	evaluate_values(m, n, f, in, &first.sink);
	return first.value;
}

struct jq_value evaluate_all(struct machine *m, const struct argument *a,
    struct frame *f, struct jq_value in)
{
	struct kept all = {{keep_all}, m->heap, jq_array(m->heap, 0)};

	return argument_values(m, a, f, in, &all.sink) ? all.value : jq_none();
}

ONE(array)
{
	struct argument a = {.body = n->a};

	return evaluate_all(m, &a, f, in);
}

/* Objects. */

/* The name of a key that is known; else NULL. */
static struct name *known_key(const struct node *object, uint32_t i)
{
	const struct node *key = object->parts[2 * i];

	return key->kind == NODE_CONSTANT ? key->name : NULL;
}

/* Whether the keys are known, and all different. */
static bool keys_differ(struct node *n)
{
	enum { UNKNOWN, YES, NO };

	if (n->hint != UNKNOWN)
		return n->hint == YES;
	n->hint = YES;
	for (uint32_t i = 0; i < n->count / 2; i++) {
		if (!known_key(n, i))
			n->hint = NO;
		for (uint32_t at = 0; at < i; at++)
			if (known_key(n, at) == known_key(n, i))
				n->hint = NO;
	}
	return n->hint == YES;
}

static struct name *key_name(struct machine *m, struct jq_value key)
{
	if (key.kind == JQ_STRING)
		return names_of(m->names, m->heap, jq_slice(key));
	machine_error(m, "Cannot use %s (%s) as object key", jq_kind_name(key),
	    machine_quote(m, key));
	return NULL;
}

ONE(any_object)
{
	struct jq_value o = jq_object(m->heap, n->count / 2), key, v;

	for (uint32_t i = 0; i < n->count / 2; i++) {
		struct name *name = known_key(n, i);

		key = operand(m, n->parts[2 * i], f, in);
		if (key.kind == JQ_NONE)
			return key;
		v = operand(m, n->parts[2 * i + 1], f, in);
		if (v.kind == JQ_NONE)
			return v;
		if (!name && !(name = key_name(m, key)))
			return jq_none();
		o = jq_object_set(m->heap, o, name, v);
	}
	return o;
}

/*
 * Few look into an object of a program, such as a row: one of so many members
 * gets no index.
 */
#define FEW_IN_PROGRAM 64

ONE(object)
{
	uint32_t count = n->count / 2;
	struct jq_member *members;
	struct jq_value o;

	if (!keys_differ(n))
		return any_object(m, n, f, in);
	o = jq_object(m->heap, count);
	members = o.object->members;
	for (uint32_t i = 0; i < count; i++) {
		struct jq_value v = operand(m, n->parts[2 * i + 1], f, in);

		if (v.kind == JQ_NONE)
			return v;
		members[i].name = n->parts[2 * i]->name;
		members[i].value = v;
	}
	if (count > FEW_IN_PROGRAM)
		return jq_object_of(m->heap, members, count, false);
	o.n = o.object->used = count;
	return o;
}

ONE(reduce)
{
	struct jq_value state = operand(m, n->b, f, in);

	return state.kind == JQ_NONE ? state : reduce_from(m, n, f, in, state);
}

ONE(assignment)
{
	uint32_t edit = jq_new_edit(m->heap);
	struct jq_value v = jq_none();

	if (n->kind == NODE_UPDATE)
		return assign(m, n, f, in, v, &edit);
	v = operand(m, n->b, f, in);
	return v.kind == JQ_NONE ? v : assign(m, n, f, in, v, &edit);
}

/* Calls. */

ONE(call)
{
	struct frame *callee = FRAME_ROOM(n->function->slots);

	return evaluate_one(
	    m, n->function->body, call_frame(m, n, f, callee), in);
}

struct jq_value argument_one_framed(struct machine *m, const struct argument *a,
    struct frame *f, struct jq_value in)
{
	return evaluate_one(
	    m, a->body, closure_frame(m, f, FRAME_ROOM(a->slots)), in);
}

ONE(parameter)
{
	struct closure c = closure_at(n, f);

	return argument_one(m, c.code, c.frame, in);
}

ONE(builtin)
{
	struct jq_value values[BUILTIN_VALUES_MAX] = {in};

	if (!n->builtin->call)
		return evaluate_last(m, n, f, in);
	for (uint32_t i = n->count; i-- > 0;) {
		values[i] = argument_one(m, &n->arguments[i], f, in);
		if (values[i].kind == JQ_NONE)
			return jq_none();
	}
	return n->builtin->call(m, in, values);
}

struct jq_value (*const one_of_kind[])(
    struct machine *, struct node *, struct frame *, struct jq_value) = {
    [NODE_IDENTITY] = identity,
    [NODE_CONSTANT] = constant,
    [NODE_VARIABLE] = variable,
    [NODE_FIELD] = field,
    [NODE_INDEX] = element,
    [NODE_SLICE] = slice,
    [NODE_EACH] = evaluate_last,
    [NODE_ARRAY] = array,
    [NODE_OBJECT] = object,
    [NODE_STRING] = string,
    [NODE_PIPE] = pipe,
    [NODE_COMMA] = evaluate_last,
    [NODE_NEGATE] = negation,
    [NODE_ADD] = binary,
    [NODE_SUBTRACT] = binary,
    [NODE_MULTIPLY] = binary,
    [NODE_DIVIDE] = binary,
    [NODE_MODULO] = binary,
    [NODE_EQUAL] = equality,
    [NODE_UNEQUAL] = equality,
    [NODE_LESS] = binary,
    [NODE_LESS_EQUAL] = binary,
    [NODE_GREATER] = binary,
    [NODE_GREATER_EQUAL] = binary,
    [NODE_AND] = logical,
    [NODE_OR] = logical,
    [NODE_ALTERNATIVE] = alternative,
    [NODE_ASSIGN] = assignment,
    [NODE_UPDATE] = assignment,
    [NODE_UPDATE_BY] = assignment,
    [NODE_IF] = condition,
    [NODE_TRY] = try,
    [NODE_REDUCE] = reduce,
    [NODE_AS] = binding,
    [NODE_CALL] = call,
    [NODE_PARAMETER] = parameter,
    [NODE_BUILTIN] = builtin,
};
