/*
 * Nodes that may yield many results: each is given to a sink, which goes on
 * with what comes after it.
 */
#include "jq/calls.h"
#include "jq/evaluator.h"
#include "jq/paths.h"

/* The evaluation of a node, while it waits for results of a part of it. */
struct step {
	struct sink sink;
	struct machine *machine;
	struct node *node;
	struct frame *frame;
	struct jq_value input;
	struct sink *to;
	bool flag; /* of the kind of node */
};

#define STEP(take_part)                                                   \
	{                                                                 \
		.sink = {take_part}, .machine = m, .node = n, .frame = f, \
		.input = in, .to = to                                     \
	}

/* Operands: nested loops, one for each. */

struct product {
	struct step step;
	struct jq_value *values;
	unsigned count, i; /* the operand that is being evaluated */
};

static bool take_operand(struct sink *, struct jq_value);

/* Evaluate the operands from the i-th on. */
static bool product_from(struct product *p)
{
	struct step *s = &p->step;
	struct argument a;
	struct product next;

	if (p->i < p->count) {
		next = *p;
		next.step.sink.take = take_operand;
		a = operand_at(s->node, p->i);
		return machine_each_argument(
		    s->machine, &a, s->frame, s->input, &next.step.sink);
	}
	return machine_give(s->machine,
	    operands_combine(s->machine, s->node, s->input, p->values), s->to);
}

static bool take_operand(struct sink *sink, struct jq_value v)
{
	struct product *p = (struct product *)sink, next = *p;

	p->values[p->i] = v;
	if (!operand_ready(p->step.machine, p->step.node, p->i, p->values))
		return false;
	next.i++;
	return product_from(&next);
}

static bool each_product(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	unsigned count = operand_count(n);
	struct product p = {STEP(NULL), .count = count};

	p.values = __builtin_alloca((count + 1) * sizeof(*p.values));
	return product_from(&p);
}

/* .[] */

static bool give_elements(
    struct machine *m, struct node *n, struct jq_value v, struct sink *to)
{
	if (v.kind == JQ_ARRAY) {
		for (uint32_t i = 0; i < v.n; i++) {
			heap_tick(m->heap);
			if (!to->take(to, v.array->items[i]))
				return false;
		}
		return true;
	}
	if (v.kind == JQ_OBJECT) {
		for (uint32_t i = 0; i < v.n; i++) {
			heap_tick(m->heap);
			if (!to->take(to, v.object->members[i].value))
				return false;
		}
		return true;
	}
	return n->optional || machine_fail(m, "Cannot iterate over %s (%s)",
				  jq_kind_name(v), machine_quote(m, v));
}

static bool take_container(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;

	return give_elements(s->machine, s->node, v, s->to);
}

static bool each_element(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_container);

	return machine_each(m, n->a, f, in, &s.sink);
}

/* a | b, a as $x | b, if a then b else c: with each result of a. */

static bool take_first(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;
	struct node *n = s->node, *next = n->b;
	struct jq_value in = s->input;

	if (n->kind == NODE_PIPE)
		in = v;
	else if (n->kind == NODE_AS)
		s->frame->slots[n->slot].value = v;
	else if (!jq_is_true(v))
		next = n->c;
	return next ? machine_each(s->machine, next, s->frame, in, s->to)
		    : s->to->take(s->to, in);
}

static bool each_first(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_first);

	return machine_each(m, n->a, f, in, &s.sink);
}

/* and, or */

static bool take_bool(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;

	return s->to->take(s->to, jq_bool(jq_is_true(v)));
}

static bool take_left(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink, right = *s;
	bool or = s->node->kind == NODE_OR;

	if (jq_is_true(v) == or)
		return s->to->take(s->to, jq_bool(or));
	right.sink.take = take_bool;
	return machine_each(
	    s->machine, s->node->b, s->frame, s->input, &right.sink);
}

static bool each_logical(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_left);

	return machine_each(m, n->a, f, in, &s.sink);
}

/* a // b: the flag is that a has yielded something. */

static bool take_true(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;

	if (!jq_is_true(v))
		return true;
	s->flag = true;
	return s->to->take(s->to, v);
}

static bool each_alternative(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_true);

	if (!machine_each(m, n->a, f, in, &s.sink))
		return false;
	return s.flag || machine_each(m, n->b, f, in, to);
}

/* try: the flag is that what failed is not the body, but what came after. */

static bool take_tried(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;

	if (s->to->take(s->to, v))
		return true;
	s->flag = true;
	return false;
}

static bool each_try(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_tried);

	if (machine_each(m, n->a, f, in, &s.sink))
		return true;
	if (s.flag || m->leaving != LEAVING_ERROR)
		return false;
	m->leaving = LEAVING_NOTHING;
	return !n->b || machine_each(m, n->b, f, m->error, to);
}

static bool each_label(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	double mine = m->labels++;

	f->slots[n->slot].label = mine;
	return machine_each(m, n->a, f, in, to) || machine_ends_at(m, mine);
}

/*
 * reduce and foreach with several initial states. As in jq, the input is null
 * from the second one on.
 */

static bool take_state(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;

	struct jq_value input = s->input;

	s->input = jq_null();
	return machine_give(s->machine,
	    reduce_from(s->machine, s->node, s->frame, input, v), s->to);
}

static bool each_reduce(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_state);

	return machine_each(m, n->b, f, in, &s.sink);
}

/* foreach */

struct foreach_loop {
	struct step step;
	struct jq_value state;
};

static bool take_next_state(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;
	struct foreach_loop *l = (struct foreach_loop *)(void *)s->to;
	struct sink *to = l->step.to;

	l->state = v;
	return s->node->d
		   ? machine_each(s->machine, s->node->d, s->frame, v, to)
		   : to->take(to, v);
}

static bool take_turn(struct sink *sink, struct jq_value v)
{
	struct foreach_loop *l = (struct foreach_loop *)sink;
	struct step s = l->step;
	struct jq_value state = l->state;

	heap_tick(s.machine->heap);
	s.frame->slots[s.node->slot].value = v;
	s.sink.take = take_next_state;
	s.to = &l->step.sink;
	l->state = jq_null();
	return machine_each(s.machine, s.node->c, s.frame, state, &s.sink);
}

static bool take_first_state(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;
	struct foreach_loop l = {*s, v};
	struct jq_value input = s->input;

	s->input = jq_null();
	l.step.sink.take = take_turn;
	return machine_each(
	    s->machine, s->node->a, s->frame, input, &l.step.sink);
}

static bool each_foreach(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_first_state);

	return machine_each(m, n->b, f, in, &s.sink);
}

/* = and += with several values. */

static bool take_assigned(struct sink *sink, struct jq_value v)
{
	struct step *s = (struct step *)sink;
	struct machine *m = s->machine;
	struct node *n = s->node;
	uint32_t edit = jq_new_edit(m->heap);

	v = paths_change(m, n, s->frame, s->input, v, &edit);
	return machine_give(m, v, s->to);
}

static bool each_assign(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct step s = STEP(take_assigned);

	return machine_each(m, n->b, f, in, &s.sink);
}

/* Calls. */

static bool each_call(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct frame *callee = FRAME_ROOM(n->function->slots);

	return machine_each(
	    m, n->function->body, call_frame(m, n, f, callee), in, to);
}

bool machine_each_own(struct machine *m, const struct argument *a,
    struct frame *f, struct jq_value in, struct sink *to)
{
	return machine_each(
	    m, a->body, closure_frame(m, f, FRAME_ROOM(a->slots)), in, to);
}

struct value_sink {
	struct place_sink sink;
	struct sink *to;
};

static bool take_place(struct place_sink *sink, const struct place *p)
{
	struct value_sink *v = (struct value_sink *)sink;

	return v->to->take(v->to, p->value);
}

static bool each_builtin(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct value_sink v = {{take_place}, to};
	struct place p = {.value = in};

	if (n->builtin->call)
		return each_product(m, n, f, in, to);
	return n->builtin->generate(m, n, f, &p, &v.sink);
}

static bool each_comma(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	return machine_each(m, n->a, f, in, to) &&
	       machine_each(m, n->b, f, in, to);
}

static bool each_parameter(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	struct closure c = closure_at(n, f);

	return machine_each_argument(m, c.code, c.frame, in, to);
}

/* Of a kind that never yields many, where that is not known. */
static bool each_single(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct sink *to)
{
	return machine_give(m, machine_one(m, n, f, in), to);
}

bool (*const each_of_kind[])(struct machine *, struct node *, struct frame *,
    struct jq_value, struct sink *) = {
    [NODE_IDENTITY] = each_single,
    [NODE_CONSTANT] = each_single,
    [NODE_VARIABLE] = each_single,
    [NODE_FIELD] = each_product,
    [NODE_INDEX] = each_product,
    [NODE_SLICE] = each_product,
    [NODE_EACH] = each_element,
    [NODE_ARRAY] = each_single,
    [NODE_OBJECT] = each_product,
    [NODE_STRING] = each_product,
    [NODE_PIPE] = each_first,
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
    [NODE_ASSIGN] = each_assign,
    [NODE_UPDATE] = each_single,
    [NODE_UPDATE_BY] = each_assign,
    [NODE_IF] = each_first,
    [NODE_TRY] = each_try,
    [NODE_REDUCE] = each_reduce,
    [NODE_FOREACH] = each_foreach,
    [NODE_AS] = each_first,
    [NODE_LABEL] = each_label,
    [NODE_BREAK] = each_single,
    [NODE_CALL] = each_call,
    [NODE_PARAMETER] = each_parameter,
    [NODE_BUILTIN] = each_builtin,
};
