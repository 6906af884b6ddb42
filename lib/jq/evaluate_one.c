/*
 * Nodes that yield at most one result, evaluated by plain calls: most of what
 * a program does.
 */
#include "jq/calls.h"
#include "jq/evaluator.h"
#include "jq/operators.h"
#include "jq/paths.h"

struct jq_value field_of(struct machine *m, struct node *n, struct jq_value v)
{
	if (v.kind == JQ_OBJECT) {
		v = jq_object_get(v, n->name, &n->hint);
		return v.kind == JQ_NONE ? jq_null() : v;
	}
	if (v.kind == JQ_NULL)
		return v;
	if (n->optional)
		return jq_none();
	return cannot_index(m, v, n->name->text);
}

/* The member, which is mostly where it was last. */
static inline struct jq_value member(
    struct machine *m, struct node *n, struct jq_value v)
{
	if (v.kind == JQ_OBJECT && n->hint < v.n &&
	    v.object->members[n->hint].name == n->name)
		return v.object->members[n->hint].value;
	return field_of(m, n, v);
}

/* An operand, without a call for what is simple. */
static inline struct jq_value one(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	if (n->kind == NODE_IDENTITY)
		return in;
	if (n->kind == NODE_CONSTANT)
		return n->constant;
	return machine_one(m, n, f, in);
}

/* Nodes without operands, and those that go on with another node. */

static struct jq_value identity(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	(void)m, (void)n, (void)f;
	return in;
}

static struct jq_value constant(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	(void)m, (void)f, (void)in;
	return n->constant;
}

static struct jq_value variable(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	(void)m, (void)in;
	return frame_at(f, n->level)->slots[n->slot].value;
}

static struct jq_value field(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	if (n->a->kind != NODE_IDENTITY) {
		in = machine_one(m, n->a, f, in);
		if (in.kind == JQ_NONE)
			return in;
	}
	return member(m, n, in);
}

static struct jq_value pipe(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	in = machine_one(m, n->a, f, in);
	return in.kind == JQ_NONE ? in : machine_one(m, n->b, f, in);
}

static struct jq_value condition(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value v = machine_one(m, n->a, f, in);

	if (v.kind == JQ_NONE)
		return v;
	n = jq_is_true(v) ? n->b : n->c;
	return n ? machine_one(m, n, f, in) : in;
}

static struct jq_value binding(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value v = one(m, n->a, f, in);

	if (v.kind == JQ_NONE)
		return v;
	f->slots[n->slot].value = v;
	return machine_one(m, n->b, f, in);
}

static struct jq_value alternative(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value v = machine_one(m, n->a, f, in);

	return jq_is_true(v) || m->leaving ? v : machine_one(m, n->b, f, in);
}

static struct jq_value try(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value v = machine_one(m, n->a, f, in);

	if (v.kind != JQ_NONE || m->leaving != LEAVING_ERROR)
		return v;
	m->leaving = LEAVING_NOTHING;
	return n->b ? machine_one(m, n->b, f, m->error) : v;
}

/* The name of a key of an object that is known; else NULL. */
static struct name *known_key(const struct node *object, uint32_t i)
{
	const struct node *key = object->parts[2 * i];

	return key->kind == NODE_CONSTANT ? key->name : NULL;
}

/* Whether the keys of an object are known, and all different. */
static bool find_keys_differ(struct node *n)
{
	for (uint32_t i = 0; i < n->count / 2; i++) {
		if (!known_key(n, i))
			return false;
		for (uint32_t at = 0; at < i; at++)
			if (known_key(n, at) == known_key(n, i))
				return false;
	}
	return true;
}

static bool keys_differ(struct node *n)
{
	enum { UNKNOWN, YES, NO };

	if (n->hint == UNKNOWN)
		n->hint = find_keys_differ(n) ? YES : NO;
	return n->hint == YES;
}

/* From the values of operands. */
static struct jq_value combined(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	unsigned count = operand_count(n);
	struct jq_value *values = __builtin_alloca(count * sizeof(*values));

	for (unsigned i = 0; i < count; i++) {
		struct argument a = operand_at(n, i);

		values[i] = machine_one_argument(m, &a, f, in);
		if (values[i].kind == JQ_NONE ||
		    !operand_ready(m, n, i, values))
			return jq_none();
	}
	return operands_combine(m, n, in, values);
}

/* The name of a member, after its value has been evaluated. */
static struct name *key_name(struct machine *m, struct jq_value key)
{
	if (key.kind == JQ_STRING)
		return names_of(m->names, m->heap, jq_slice(key));
	machine_error(m, "Cannot use %s (%s) as object key", jq_kind_name(key),
	    machine_quote(m, key));
	return NULL;
}

/* An object whose keys are not all known, or not all different. */
static struct jq_value any_object(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value o = jq_object(m->heap, n->count / 2), key, v;

	for (uint32_t i = 0; i < n->count / 2; i++) {
		struct name *name = known_key(n, i);

		key = one(m, n->parts[2 * i], f, in);
		if (key.kind == JQ_NONE)
			return key;
		v = one(m, n->parts[2 * i + 1], f, in);
		if (v.kind == JQ_NONE)
			return v;
		if (!name && !(name = key_name(m, key)))
			return jq_none();
		o = jq_object_set(m->heap, o, name, v);
	}
	return o;
}

static struct jq_value object(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	uint32_t count = n->count / 2;
	struct jq_member *members;
	struct jq_value o;

	if (!keys_differ(n))
		return any_object(m, n, f, in);
	o = jq_object(m->heap, count);
	members = o.object->members;
	for (uint32_t i = 0; i < count; i++) {
		struct jq_value v = one(m, n->parts[2 * i + 1], f, in);

		if (v.kind == JQ_NONE)
			return v;
		members[i].name = n->parts[2 * i]->name;
		members[i].value = v;
	}
	if (count > JQ_FEW)
		return jq_object_of(m->heap, members, count, false);
	o.n = o.object->used = count;
	return o;
}

/* An operator: the second operand is evaluated first. */
static struct jq_value binary(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value b = one(m, n->b, f, in), a;
	bool numbers;

	if (b.kind == JQ_NONE)
		return b;
	a = one(m, n->a, f, in);
	if (a.kind == JQ_NONE)
		return a;
	numbers = a.kind == JQ_NUMBER && b.kind == JQ_NUMBER &&
		  a.number == a.number && b.number == b.number;
	if (!numbers)
		return operator_apply(m, n->kind, a, b);
	switch (n->kind) {
	case NODE_ADD: return jq_number(a.number + b.number);
	case NODE_SUBTRACT: return jq_number(a.number - b.number);
	case NODE_MULTIPLY: return jq_number(a.number * b.number);
	case NODE_LESS: return jq_bool(a.number < b.number);
	case NODE_LESS_EQUAL: return jq_bool(a.number <= b.number);
	case NODE_GREATER: return jq_bool(a.number > b.number);
	case NODE_GREATER_EQUAL: return jq_bool(a.number >= b.number);
	default: return operator_apply(m, n->kind, a, b);
	}
}

static struct jq_value equality(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	bool unequal = n->kind == NODE_UNEQUAL;
	struct jq_value b = one(m, n->b, f, in), a;

	if (b.kind == JQ_NONE)
		return b;
	a = one(m, n->a, f, in);
	if (a.kind == JQ_NONE)
		return a;
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

static struct jq_value logical(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value v = one(m, n->a, f, in);

	if (v.kind != JQ_NONE && jq_is_true(v) == (n->kind == NODE_AND))
		v = one(m, n->b, f, in);
	return v.kind == JQ_NONE ? v : jq_bool(jq_is_true(v));
}

static struct jq_value element(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value key = one(m, n->b, f, in), a;

	if (key.kind == JQ_NONE)
		return key;
	a = one(m, n->a, f, in);
	if (a.kind == JQ_NONE)
		return a;
	if (a.kind == JQ_ARRAY && key.kind == JQ_NUMBER && key.number >= 0 &&
	    key.number < a.n)
		return a.array->items[(uint32_t)key.number];
	a = operator_index(m, a, key);
	if (a.kind == JQ_NONE)
		step_is_skipped(m, n);
	return a;
}

static struct jq_value slice(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value from = n->b ? one(m, n->b, f, in) : jq_null(), to, a;

	if (from.kind == JQ_NONE)
		return from;
	to = n->c ? one(m, n->c, f, in) : jq_null();
	if (to.kind == JQ_NONE)
		return to;
	a = one(m, n->a, f, in);
	if (a.kind == JQ_NONE)
		return a;
	a = operator_slice(m, a, from, to);
	if (a.kind == JQ_NONE)
		step_is_skipped(m, n);
	return a;
}

/* Sinks that keep results. */

struct kept {
	struct sink sink;
	struct jq_value value;
};

static bool keep_last(struct sink *s, struct jq_value v)
{
	((struct kept *)s)->value = v;
	return true;
}

static bool keep_first(struct sink *s, struct jq_value v)
{
	((struct kept *)s)->value = v;
	return false;
}

struct jq_value last_of_many(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct kept last = {{keep_last}, jq_none()};

	return each_of_kind[n->kind](m, n, f, in, &last.sink) ? last.value
							      : jq_none();
}

struct jq_value machine_first(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct kept first = {{keep_first}, jq_none()};

	if (machine_is_one(n, f))
		return one(m, n, f, in);
	machine_each(m, n, f, in, &first.sink);
	return first.value;
}

struct elements {
	struct sink sink;
	struct heap *heap;
	struct jq_value array;
};

static bool take_element(struct sink *s, struct jq_value v)
{
	struct elements *e = (struct elements *)s;

	e->array = jq_array_append(e->heap, e->array, v);
	return true;
}

static struct jq_value array(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct elements e = {{take_element}, m->heap, jq_array(m->heap, 0)};

	return machine_each(m, n->a, f, in, &e.sink) ? e.array : jq_none();
}

static struct jq_value reduce(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value state = one(m, n->b, f, in);

	return state.kind == JQ_NONE ? state : reduce_from(m, n, f, in, state);
}

static struct jq_value label(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	double mine = m->labels++;
	struct jq_value v;

	f->slots[n->slot].label = mine;
	v = machine_one(m, n->a, f, in);
	if (v.kind == JQ_NONE)
		machine_ends_at(m, mine);
	return v;
}

static struct jq_value assign(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	uint32_t edit = jq_new_edit(m->heap);
	struct jq_value v = jq_none();

	if (n->kind != NODE_UPDATE) {
		v = one(m, n->b, f, in);
		if (v.kind == JQ_NONE)
			return v;
	}
	return paths_change(m, n, f, in, v, &edit);
}

static struct jq_value call(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct frame *callee = FRAME_ROOM(n->function->slots);

	return machine_one(
	    m, n->function->body, call_frame(m, n, f, callee), in);
}

struct jq_value machine_one_own(struct machine *m, const struct argument *a,
    struct frame *f, struct jq_value in)
{
	return machine_one(
	    m, a->body, closure_frame(m, f, FRAME_ROOM(a->slots)), in);
}

/* A builtin; most have no arguments, or one. */
static struct jq_value builtin(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value v = in;

	if (!n->builtin->call)
		return last_of_many(m, n, f, in);
	if (n->count > 1)
		return combined(m, n, f, in);
	if (n->count == 1)
		v = machine_one_argument(m, n->arguments, f, in);
	return v.kind == JQ_NONE ? v : n->builtin->call(m, in, &v);
}

static struct jq_value leave(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	(void)in;
	return machine_break(m, frame_at(f, n->level)->slots[n->slot].label);
}

static struct jq_value parameter(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct closure c = closure_at(n, f);

	return machine_one_argument(m, c.code, c.frame, in);
}

struct jq_value (*const one_of_kind[])(
    struct machine *, struct node *, struct frame *, struct jq_value) = {
    [NODE_IDENTITY] = identity,
    [NODE_CONSTANT] = constant,
    [NODE_VARIABLE] = variable,
    [NODE_FIELD] = field,
    [NODE_INDEX] = element,
    [NODE_SLICE] = slice,
    [NODE_EACH] = last_of_many,
    [NODE_ARRAY] = array,
    [NODE_OBJECT] = object,
    [NODE_STRING] = combined,
    [NODE_PIPE] = pipe,
    [NODE_COMMA] = last_of_many,
    [NODE_NEGATE] = combined,
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
    [NODE_ASSIGN] = assign,
    [NODE_UPDATE] = assign,
    [NODE_UPDATE_BY] = assign,
    [NODE_IF] = condition,
    [NODE_TRY] = try,
    [NODE_REDUCE] = reduce,
    [NODE_FOREACH] = last_of_many,
    [NODE_AS] = binding,
    [NODE_LABEL] = label,
    [NODE_BREAK] = leave,
    [NODE_CALL] = call,
    [NODE_PARAMETER] = parameter,
    [NODE_BUILTIN] = builtin,
};
