/*
 * Nodes that yield at most one result, evaluated by plain calls: most of what
 * a program does.
 */
#include "jq/calls.h"
#include "jq/evaluator.h"
#include "jq/formats.h"
#include "jq/operators.h"
#include "jq/paths.h"

/* An operand, without a call for what needs none. */
static inline bool one(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	if (n->kind == NODE_IDENTITY)
		*to = in;
	else if (n->kind == NODE_CONSTANT)
		*to = n->constant;
	else if (n->kind == NODE_VARIABLE && n->level == 0)
		*to = f->slots[n->slot].value;
	else
		return machine_one(m, n, f, in, to);
	return true;
}

bool machine_field(struct machine *m, struct node *n, struct jq_value v,
    struct jq_value *to)
{
	if (v.kind == JQ_OBJECT) {
		*to = jq_object_get(v, n->name, &n->hint);
		if (to->kind == JQ_NONE)
			*to = jq_null();
		return true;
	}
	*to = v.kind == JQ_NULL ? jq_null() : jq_none();
	if (v.kind == JQ_NULL || n->optional)
		return true;
	return cannot_index(m, v, n->name->text);
}

/* Whether the keys of an object are known, and all different. */
static bool keys_differ(struct node *n)
{
	enum { UNKNOWN, YES, NO };

	if (n->hint != UNKNOWN)
		return n->hint == YES;
	n->hint = NO;
	for (uint32_t i = 0; i < n->count; i += 2) {
		if (n->parts[i]->kind != NODE_CONSTANT || !n->parts[i]->name)
			return false;
		for (uint32_t at = 0; at < i; at += 2)
			if (n->parts[i]->name == n->parts[at]->name)
				return false;
	}
	n->hint = YES;
	return true;
}

/* An object whose keys are known, and all different. */
static bool known_object(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	uint32_t count = n->count / 2;
	struct jq_value o = jq_object(m->heap, count);
	struct jq_member *members = o.object->members;

	for (uint32_t i = 0; i < count; i++) {
		members[i].name = n->parts[2 * i]->name;
		if (!one(m, n->parts[2 * i + 1], f, in, &members[i].value))
			return false;
		if (members[i].value.kind == JQ_NONE) {
			*to = jq_none();
			return true;
		}
	}
	if (count > JQ_FEW)
		o = jq_object_of(m->heap, members, count, false);
	o.n = o.object->used = count;
	*to = o;
	return true;
}

/* From the values of operands. */
static bool combined(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	unsigned count = operand_count(n);
	struct jq_value *values = __builtin_alloca(count * sizeof(*values));

	for (unsigned i = 0; i < count; i++) {
		struct argument a = operand_at(n, i);

		if (!machine_one_argument(m, &a, f, in, &values[i]))
			return false;
		if (values[i].kind == JQ_NONE) {
			*to = jq_none();
			return true;
		}
		if (!operand_ready(m, n, i, values))
			return false;
	}
	return operands_combine(m, n, in, values, to);
}

/* Both operands of an operator. */
static bool binary(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct jq_value a, b;

	if (!one(m, n->b, f, in, &b))
		return false;
	a = b;
	if (b.kind != JQ_NONE && !one(m, n->a, f, in, &a))
		return false;
	if (b.kind == JQ_NONE || a.kind == JQ_NONE) {
		*to = jq_none();
		return true;
	}
	return operator_apply(m, n->kind, a, b, to);
}

static bool logical(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	bool or = n->kind == NODE_OR;

	if (!one(m, n->a, f, in, to))
		return false;
	if (to->kind != JQ_NONE && jq_is_true(*to) != or &&
	    !one(m, n->b, f, in, to))
		return false;
	if (to->kind != JQ_NONE)
		*to = jq_bool(jq_is_true(*to));
	return true;
}

/* Sinks that keep results. */

struct last {
	struct sink sink;
	struct jq_value value;
};

static bool take_last(struct sink *s, struct jq_value v)
{
	((struct last *)s)->value = v;
	return true;
}

/* The last result of a node that may yield many. */
static bool last_of_many(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct last last = {{take_last}, jq_none()};

	if (!evaluate_many(m, n, f, in, &last.sink))
		return false;
	*to = last.value;
	return true;
}

static bool take_only(struct sink *s, struct jq_value v)
{
	((struct last *)s)->value = v;
	return false;
}

bool machine_first(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct last first = {{take_only}, jq_none()};

	if (machine_is_one(n, f))
		return machine_one(m, n, f, in, to);
	if (!evaluate_many(m, n, f, in, &first.sink) &&
	    first.value.kind == JQ_NONE)
		return false;
	*to = first.value;
	return true;
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

static bool array(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct elements e = {{take_element}, m->heap, jq_array(m->heap, 0)};

	if (!machine_each(m, n->a, f, in, &e.sink))
		return false;
	*to = e.array;
	return true;
}

bool reduce_step(struct machine *m, struct node *n, struct frame *f,
    struct jq_value *state)
{
	struct jq_value next;

	heap_tick(m->heap);
	if (machine_is_one(n->c, f)) {
		if (!one(m, n->c, f, *state, &next))
			return false;
	} else if (!last_of_many(m, n->c, f, *state, &next)) {
		return false;
	}
	*state = next.kind == JQ_NONE ? jq_null() : next;
	return true;
}

struct reduction {
	struct sink sink;
	struct machine *machine;
	struct node *node;
	struct frame *frame;
	struct jq_value state;
};

static bool take_reduced(struct sink *s, struct jq_value v)
{
	struct reduction *r = (struct reduction *)s;

	r->frame->slots[r->node->slot].value = v;
	return reduce_step(r->machine, r->node, r->frame, &r->state);
}

bool reduce_from(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *state)
{
	struct reduction r = {{take_reduced}, m, n, f, *state};

	if (!machine_each(m, n->a, f, in, &r.sink))
		return false;
	*state = r.state;
	return true;
}

static bool reduce(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	if (!one(m, n->b, f, in, to))
		return false;
	return to->kind == JQ_NONE || reduce_from(m, n, f, in, to);
}

static bool label(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	double mine = m->labels++;

	f->slots[n->slot].label = mine;
	if (machine_one(m, n->a, f, in, to))
		return true;
	*to = jq_none();
	return machine_ends_at(m, mine);
}

/* =, |=, and += and so on. */
static bool assign(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct jq_value v = jq_none();

	if (n->kind == NODE_UPDATE)
		return paths_update(m, n, f, in, v, to);
	if (!one(m, n->b, f, in, &v))
		return false;
	*to = v;
	if (v.kind == JQ_NONE)
		return true;
	if (n->kind == NODE_ASSIGN)
		return paths_assign(m, n->a, f, in, v, to);
	return paths_update(m, n, f, in, v, to);
}

static bool call(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct frame *callee = FRAME_ROOM(n->function->slots);

	return machine_one(
	    m, n->function->body, call_frame(m, n, f, callee), in, to);
}

bool machine_one_argument(struct machine *m, const struct argument *a,
    struct frame *f, struct jq_value in, struct jq_value *to)
{
	if (a->slots == 0)
		return one(m, a->body, f, in, to);
	return machine_one(m, a->body,
	    closure_frame(m, f, FRAME_ROOM(a->slots)), in, to);
}

/* A builtin; most have no arguments, or one. */
static bool builtin(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct jq_value v = in;

	if (!n->builtin->call)
		return last_of_many(m, n, f, in, to);
	if (n->count > 1)
		return combined(m, n, f, in, to);
	if (n->count == 1 &&
	    !machine_one_argument(m, n->arguments, f, in, &v))
		return false;
	if (v.kind == JQ_NONE) {
		*to = v;
		return true;
	}
	return n->builtin->call(m, in, &v, to);
}

/*
 * What goes on with another node instead of it: sets that, and its input; or
 * *next to NULL if *to is the result.
 */
static bool go_on(struct machine *m, struct node *n, struct frame *f,
    struct jq_value *in, struct jq_value *to, struct node **next)
{
	bool ok = one(m, n->a, f, *in, to);

	*next = NULL;
	if (n->kind == NODE_TRY) {
		if (ok || m->leaving != LEAVING_ERROR)
			return ok;
		m->leaving = LEAVING_NOTHING;
		*to = jq_none();
		*in = m->error;
		*next = n->b;
		return true;
	}
	if (!ok || (to->kind == JQ_NONE && n->kind != NODE_ALTERNATIVE))
		return ok;
	if (n->kind == NODE_ALTERNATIVE) {
		*next = jq_is_true(*to) ? NULL : n->b;
	} else if (n->kind == NODE_IF) {
		*next = jq_is_true(*to) ? n->b : n->c;
		*to = *in;
	} else {
		if (n->kind == NODE_PIPE)
			*in = *to;
		else
			f->slots[n->slot].value = *to;
		*next = n->b;
	}
	return true;
}

bool machine_one(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value *to)
{
	struct node *next;
	struct closure c;
	struct jq_value v;

	for (;; n = next) {
		switch ((enum node_kind)n->kind) {
		case NODE_IDENTITY: *to = in; return true;
		case NODE_CONSTANT: *to = n->constant; return true;
		case NODE_VARIABLE:
			*to = frame_at(f, n->level)->slots[n->slot].value;
			return true;
		case NODE_FIELD:
			if (!one(m, n->a, f, in, &v))
				return false;
			*to = v;
			return v.kind == JQ_NONE || machine_field(m, n, v, to);
		case NODE_PIPE:
		case NODE_IF:
		case NODE_AS:
		case NODE_ALTERNATIVE:
		case NODE_TRY:
			if (!go_on(m, n, f, &in, to, &next))
				return false;
			if (!next)
				return true;
			continue;
		case NODE_CALL: return call(m, n, f, in, to);
		case NODE_PARAMETER:
			c = closure_at(n, f);
			f = c.frame;
			next = c.code->body;
			if (c.code->slots == 0)
				continue;
			return machine_one_argument(m, c.code, f, in, to);
		case NODE_BUILTIN: return builtin(m, n, f, in, to);
		case NODE_OBJECT:
			return keys_differ(n) ? known_object(m, n, f, in, to)
					      : combined(m, n, f, in, to);
		case NODE_ARRAY: return array(m, n, f, in, to);
		case NODE_INDEX:
		case NODE_SLICE:
		case NODE_STRING:
		case NODE_NEGATE: return combined(m, n, f, in, to);
		case NODE_AND:
		case NODE_OR: return logical(m, n, f, in, to);
		case NODE_REDUCE: return reduce(m, n, f, in, to);
		case NODE_FORMAT: return format_value(m, n->format, in, to);
		case NODE_ASSIGN:
		case NODE_UPDATE:
		case NODE_UPDATE_BY: return assign(m, n, f, in, to);
		case NODE_LABEL: return label(m, n, f, in, to);
		case NODE_BREAK:
			return machine_break(
			    m, frame_at(f, n->level)->slots[n->slot].label);
		case NODE_EACH:
		case NODE_COMMA:
		case NODE_FOREACH:
		case NODE_DEFINE: return last_of_many(m, n, f, in, to);
		default: return binary(m, n, f, in, to);
		}
	}
}
