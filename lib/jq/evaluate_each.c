/*
 * Nodes that may yield many results, and path expressions: each result is
 * given to a sink, which goes on with what comes after it.
 */
#include "jq/calls.h"
#include "jq/evaluator.h"
#include "jq/operators.h"

static bool is_same(struct jq_value a, struct jq_value b)
{
	if (a.kind != b.kind || a.n != b.n)
		return false;
	if (a.kind == JQ_NUMBER)
		return memcmp(&a.number, &b.number, sizeof(a.number)) == 0;
	return a.kind < JQ_NUMBER || a.text == b.text;
}

bool place_check(struct machine *m, const struct place *p)
{
	return is_same(p->value, p->at) ||
	       machine_fail(m, "Invalid path expression with result %s",
		   machine_quote_in(m, p->value, 30));
}

/* A value that yields itself: a constant, an array ... */
EACH(each_single)
{
	return give(m, evaluate_one(m, n, f, in->value), in, to);
}

EACH(each_identity)
{
	return to->take(to, in);
}

/*
 * Operands: nested loops, one for each, in a copy of the node with constants in
 * their place, which is evaluated in the innermost one.
 */

struct product {
	struct step step;
	struct node *copy, *constants;
	uint32_t count, i; /* of the operand that is being evaluated */
};

/* The operand at hand, the outermost loop's first; set in a copy of the node.
 */
static struct argument operand_at(
    const struct product *p, struct node *n, struct node *set)
{
	uint32_t at = n->kind == NODE_OBJECT ? p->i : p->count - 1 - p->i;
	struct node **part;

	if (n->kind == NODE_BUILTIN) {
		if (set)
			n->arguments[at] = (struct argument){.body = set};
		return n->arguments[at];
	}
	part = node_has_parts(n) ? &n->parts[at] : &n->operands[at];
	if (set)
		*part = set;
	return (struct argument){.body = *part};
}

static bool take_operand(struct place_sink *, const struct place *);

static bool product_from(struct product p)
{
	struct step *s = &p.step;
	struct argument a;

	if (p.i == p.count)
		return give(s->machine,
		    evaluate_one(s->machine, p.copy, s->frame, s->in->value),
		    s->in, s->to);
	a = operand_at(&p, s->node, NULL);
	if (a.body->kind == NODE_CONSTANT) {
		p.i++;
		return product_from(p);
	}
	s->sink.take = take_operand;
	return argument_values(
	    s->machine, &a, s->frame, s->in->value, &s->sink);
}

static bool take_operand(struct place_sink *sink, const struct place *v)
{
	struct product p = *(struct product *)sink;
	struct node *constant = &p.constants[p.i];

	constant->constant = v->value;
	operand_at(&p, p.copy, constant);
	p.i++;
	return product_from(p);
}

EACH(each_product)
{
	bool is_builtin = n->kind == NODE_BUILTIN;
	bool has_array = is_builtin || node_has_parts(n);
	uint32_t count = has_array ? n->count : n->kind == NODE_NEGATE ? 1 : 2;
	struct node copy = *n, *constants;
	size_t size = is_builtin ? sizeof(*n->arguments) : sizeof(*n->parts);
	struct product p = {STEP(NULL), &copy, NULL, count, 0};

	constants = __builtin_alloca((count + 1) * sizeof(*constants));
	for (uint32_t i = 0; i < count; i++)
		constants[i] = (struct node){.kind = NODE_CONSTANT};
	if (has_array) {
		copy.parts = __builtin_alloca((count + 1) * size);
		if (count > 0)
			memcpy(copy.parts, n->parts, count * size);
	}
	p.constants = constants;
	return product_from(p);
}

/* Steps: a.name, a[b], a[b:c]. */

static bool give_step(struct step *s, const struct place *p,
    struct jq_value key, struct jq_value v)
{
	struct place next = {v, p->path, v};

	if (p->path.kind != JQ_NONE)
		next.path = jq_array_append(s->machine->heap, p->path, key);
	return s->to->take(s->to, &next);
}

/* The key of a step, as paths have it. */
static struct jq_value path_key(struct step *s)
{
	struct machine *m = s->machine;
	struct jq_value key;

	if (s->node->kind == NODE_FIELD)
		return jq_string(s->node->name->text);
	if (s->node->kind == NODE_INDEX)
		return s->key;
	key = jq_object_set(m->heap, jq_object(m->heap, 2),
	    names_of(m->names, m->heap, SLICE("start")), s->key);
	return jq_object_set(
	    m->heap, key, names_of(m->names, m->heap, SLICE("end")), s->end);
}

static bool take_target(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;
	struct machine *m = s->machine;
	bool has_path = p->path.kind != JQ_NONE;
	struct jq_value key = has_path ? path_key(s) : jq_none(), v;

	if (has_path && !is_same(p->value, p->at))
		return machine_fail(m,
		    "Invalid path expression near attempt to access element "
		    "%s of %s",
		    machine_quote(m, key), machine_quote_in(m, p->value, 30));
	v = s->node->kind == NODE_FIELD ? field_of(m, s->node, p->value)
	    : s->node->kind == NODE_INDEX
		? operator_index(m, p->value, s->key)
		: operator_slice(m, p->value, s->key, s->end);
	return v.kind == JQ_NONE ? step_is_skipped(m, s->node)
				 : give_step(s, p, key, v);
}

EACH(each_field)
{
	struct step s = STEP(take_target);

	return evaluate_each(m, n->a, f, in, &s.sink);
}

static bool take_end(struct place_sink *sink, const struct place *end)
{
	struct step s = *(struct step *)sink;

	s.sink.take = take_target;
	s.end = end->value;
	return evaluate_each(s.machine, s.node->a, s.frame, s.in, &s.sink);
}

static bool take_key(struct place_sink *sink, const struct place *key)
{
	struct step s = *(struct step *)sink;
	struct place none = {.value = jq_null()};

	s.key = key->value;
	s.sink.take = take_end;
	if (s.node->kind == NODE_INDEX || !s.node->c)
		return take_end(&s.sink, &none);
	return evaluate_values(
	    s.machine, s.node->c, s.frame, s.in->value, &s.sink);
}

EACH(each_step)
{
	struct step s = STEP(take_key);
	struct place none = {.value = jq_null()};

	return n->b ? evaluate_values(m, n->b, f, in->value, &s.sink)
		    : take_key(&s.sink, &none);
}

/* .[] */

static bool take_container(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;
	struct machine *m = s->machine;
	struct jq_value v = p->value, key;
	bool has_path = p->path.kind != JQ_NONE;

	if (has_path && !is_same(v, p->at))
		return machine_fail(m,
		    "Invalid path expression near attempt to iterate through "
		    "%s",
		    machine_quote(m, v));
	if (v.kind != JQ_ARRAY && v.kind != JQ_OBJECT)
		return s->node->optional || cannot_iterate(m, v);
	for (uint32_t i = 0; i < v.n; i++) {
		heap_tick(m->heap);
		key = v.kind == JQ_ARRAY
			  ? jq_number(i)
			  : jq_string(v.object->members[i].name->text);
		if (!give_step(s, p, key, jq_element(v, i)))
			return false;
	}
	return true;
}

EACH(each_element)
{
	struct step s = STEP(take_container);

	return evaluate_each(m, n->a, f, in, &s.sink);
}

/* a | b; a as $x | b; if a then b else c. */

static bool take_left(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	return evaluate_each(s->machine, s->node->b, s->frame, p, s->to);
}

EACH(each_pipe)
{
	struct step s = STEP(take_left);

	return evaluate_each(m, n->a, f, in, &s.sink);
}

static bool take_bound(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	s->frame->slots[s->node->slot].value = p->value;
	return evaluate_each(s->machine, s->node->b, s->frame, s->in, s->to);
}

EACH(each_binding)
{
	struct step s = STEP(take_bound);

	return evaluate_values(m, n->a, f, in->value, &s.sink);
}

static bool take_condition(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;
	struct node *next = jq_is_true(p->value) ? s->node->b : s->node->c;

	return next ? evaluate_each(s->machine, next, s->frame, s->in, s->to)
		    : s->to->take(s->to, s->in);
}

EACH(each_condition)
{
	struct step s = STEP(take_condition);

	return evaluate_values(m, n->a, f, in->value, &s.sink);
}

EACH(each_comma)
{
	return evaluate_each(m, n->a, f, in, to) &&
	       evaluate_each(m, n->b, f, in, to);
}

/* and, or */

static bool take_bool(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	return give(s->machine, jq_bool(jq_is_true(p->value)), s->in, s->to);
}

static bool take_first(struct place_sink *sink, const struct place *p)
{
	struct step s = *(struct step *)sink;
	bool or = s.node->kind == NODE_OR;

	if (jq_is_true(p->value) == or)
		return give(s.machine, jq_bool(or), s.in, s.to);
	s.sink.take = take_bool;
	return evaluate_values(
	    s.machine, s.node->b, s.frame, s.in->value, &s.sink);
}

EACH(each_logical)
{
	struct step s = STEP(take_first);

	return evaluate_values(m, n->a, f, in->value, &s.sink);
}

/* a // b: done if a has yielded something. */

static bool take_true(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	if (!jq_is_true(p->value))
		return true;
	s->done = true;
	return s->to->take(s->to, p);
}

EACH(each_alternative)
{
	struct step s = STEP(take_true);

	return evaluate_each(m, n->a, f, in, &s.sink) &&
	       (s.done || evaluate_each(m, n->b, f, in, to));
}

/* try: done if what failed is not the body, but what came after it. */

static bool take_tried(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	if (s->to->take(s->to, p))
		return true;
	s->done = true;
	return false;
}

EACH(each_try)
{
	struct step s = STEP(take_tried);
	struct place caught = *in;

	if (evaluate_each(m, n->a, f, in, &s.sink))
		return true;
	if (s.done || m->leaving != LEAVING_ERROR)
		return false;
	m->leaving = LEAVING_NOTHING;
	caught.value = m->error;
	return !n->b || evaluate_each(m, n->b, f, &caught, to);
}

/* reduce, with several initial states. As in jq, the input is null from the
 * second one on. */

static bool take_state(struct place_sink *sink, const struct place *state)
{
	struct step *s = (struct step *)sink;
	struct jq_value v = s->done ? jq_null() : s->in->value;

	s->done = true;
	v = reduce_from(s->machine, s->node, s->frame, v, state->value);
	return give(s->machine, v, s->in, s->to);
}

EACH(each_reduce)
{
	struct step s = STEP(take_state);

	return evaluate_values(m, n->b, f, in->value, &s.sink);
}

/* = and += with several values. */

static bool take_assigned(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;
	uint32_t edit = jq_new_edit(s->machine->heap);
	struct jq_value v = assign(
	    s->machine, s->node, s->frame, s->in->value, p->value, &edit);

	return give(s->machine, v, s->in, s->to);
}

EACH(each_assignment)
{
	struct step s = STEP(take_assigned);

	return evaluate_values(m, n->b, f, in->value, &s.sink);
}

/* Calls. */

EACH(each_call)
{
	struct frame *callee = FRAME_ROOM(n->function->slots);

	return evaluate_each(
	    m, n->function->body, call_frame(m, n, f, callee), in, to);
}

bool argument_each_framed(struct machine *m, const struct argument *a,
    struct frame *f, const struct place *in, struct place_sink *to)
{
	return evaluate_each(
	    m, a->body, closure_frame(m, f, FRAME_ROOM(a->slots)), in, to);
}

EACH(each_parameter)
{
	struct closure c = closure_at(n, f);

	return argument_each(m, c.code, c.frame, in, to);
}

EACH(each_builtin)
{
	return n->builtin->generate ? n->builtin->generate(m, n, f, in, to)
				    : each_product(m, n, f, in, to);
}

bool (*const each_of_kind[])(struct machine *, struct node *, struct frame *,
    const struct place *, struct place_sink *) = {
    [NODE_IDENTITY] = each_identity,
    [NODE_CONSTANT] = each_single,
    [NODE_VARIABLE] = each_single,
    [NODE_FIELD] = each_field,
    [NODE_INDEX] = each_step,
    [NODE_SLICE] = each_step,
    [NODE_EACH] = each_element,
    [NODE_ARRAY] = each_single,
    [NODE_OBJECT] = each_product,
    [NODE_STRING] = each_product,
    [NODE_PIPE] = each_pipe,
    [NODE_COMMA] = each_comma,
    [NODE_NEGATE] = each_product,
    [NODE_ADD] = each_product,
    [NODE_SUBTRACT] = each_product,
    [NODE_MULTIPLY] = each_product,
    [NODE_DIVIDE] = each_product,
    [NODE_MODULO] = each_product,
    [NODE_EQUAL] = each_product,
    [NODE_UNEQUAL] = each_product,
    [NODE_LESS] = each_product,
    [NODE_LESS_EQUAL] = each_product,
    [NODE_GREATER] = each_product,
    [NODE_GREATER_EQUAL] = each_product,
    [NODE_AND] = each_logical,
    [NODE_OR] = each_logical,
    [NODE_ALTERNATIVE] = each_alternative,
    [NODE_ASSIGN] = each_assignment,
    [NODE_UPDATE] = each_single,
    [NODE_UPDATE_BY] = each_assignment,
    [NODE_IF] = each_condition,
    [NODE_TRY] = each_try,
    [NODE_REDUCE] = each_reduce,
    [NODE_AS] = each_binding,
    [NODE_CALL] = each_call,
    [NODE_PARAMETER] = each_parameter,
    [NODE_BUILTIN] = each_builtin,
};
