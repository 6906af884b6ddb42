/*
 * Path expressions, and what uses them: assignments.
 */
#include "jq/calls.h"
#include "jq/evaluator.h"
#include "jq/operators.h"
#include "jq/paths.h"

/* The evaluation of a node, while it waits for places of a part of it. */
struct walk {
	struct place_sink sink;
	struct machine *machine;
	struct node *node;
	struct frame *frame;
	const struct place *from;
	struct place_sink *to;
	struct jq_value key; /* of a step */
	bool flag;	     /* of the kind of node */
};

/* The same, while it waits for values of a part of it. */
struct walk_wait {
	struct sink sink;
	struct walk walk;
};

#define WALK(take_part)                                                   \
	{                                                                 \
		.sink = {take_part}, .machine = m, .node = n, .frame = f, \
		.from = p, .to = to                                       \
	}
#define WALK_WAIT(take_value)            \
	{                                \
		{take_value}, WALK(NULL) \
	}

static bool is_same(struct jq_value a, struct jq_value b)
{
	if (a.kind != b.kind || a.n != b.n)
		return false;
	if (a.kind == JQ_NUMBER)
		return memcmp(&a.number, &b.number, sizeof(a.number)) == 0;
	return a.kind < JQ_NUMBER || a.text == b.text;
}

bool paths_check(struct machine *m, const struct place *p)
{
	return is_same(p->value, p->at) ||
	       machine_fail(m, "Invalid path expression with result %s",
		   machine_quote_in(m, p->value, 30));
}

/* With another value, of which nothing says that it is at the path. */
static struct place with_value(const struct place *p, struct jq_value v)
{
	return (struct place){.value = v, .path = p->path, .at = p->at};
}

/* Steps. */

static bool give_step(struct machine *m, const struct place *p,
    struct jq_value key, struct jq_value v, struct place_sink *to)
{
	struct place next = {v, jq_array_append(m->heap, p->path, key), v};

	return to->take(to, &next);
}

static bool take_place(struct place_sink *sink, const struct place *p)
{
	struct walk *w = (struct walk *)sink;
	struct machine *m = w->machine;
	struct jq_value v;

	if (!is_same(p->value, p->at))
		return machine_fail(m,
		    "Invalid path expression near attempt to access element "
		    "%s of %s",
		    machine_quote(m, w->key),
		    machine_quote_in(m, p->value, 30));
	v = operator_index(m, p->value, w->key);
	return v.kind == JQ_NONE ? step_is_skipped(m, w->node)
				 : give_step(m, p, w->key, v, w->to);
}

/* With the key of a step. */
static bool walk_key(struct walk w, struct jq_value key)
{
	w.sink.take = take_place;
	w.key = key;
	return paths_each(w.machine, w.node->a, w.frame, w.from, &w.sink);
}

static bool take_key(struct sink *sink, struct jq_value v)
{
	return walk_key(((struct walk_wait *)sink)->walk, v);
}

static struct jq_value slice_of_bounds(
    struct machine *m, struct jq_value from, struct jq_value to)
{
	struct jq_value key = jq_object(m->heap, 2);

	key = jq_object_set(
	    m->heap, key, names_of(m->names, m->heap, SLICE("start")), from);
	return jq_object_set(
	    m->heap, key, names_of(m->names, m->heap, SLICE("end")), to);
}

static bool take_end(struct sink *sink, struct jq_value v)
{
	struct walk *w = &((struct walk_wait *)sink)->walk;

	return walk_key(*w, slice_of_bounds(w->machine, w->key, v));
}

static bool take_start(struct sink *sink, struct jq_value v)
{
	struct walk_wait end = *(struct walk_wait *)sink;
	struct walk *w = &end.walk;

	end.sink.take = take_end;
	w->key = v;
	if (!w->node->c)
		return take_end(&end.sink, jq_null());
	return machine_each(
	    w->machine, w->node->c, w->frame, w->from->value, &end.sink);
}

static bool each_step(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct walk_wait key = WALK_WAIT(take_key),
			 start = WALK_WAIT(take_start);

	if (n->kind == NODE_FIELD)
		return take_key(&key.sink, jq_string(n->name->text));
	if (n->kind == NODE_INDEX)
		return machine_each(m, n->b, f, p->value, &key.sink);
	if (!n->b)
		return take_start(&start.sink, jq_null());
	return machine_each(m, n->b, f, p->value, &start.sink);
}

static bool give_elements(
    struct walk *w, const struct place *p, struct jq_value v)
{
	struct machine *m = w->machine;

	for (uint32_t i = 0; i < v.n; i++) {
		bool ok;

		heap_tick(m->heap);
		if (v.kind == JQ_ARRAY)
			ok = give_step(
			    m, p, jq_number(i), v.array->items[i], w->to);
		else
			ok = give_step(m, p,
			    jq_string(v.object->members[i].name->text),
			    v.object->members[i].value, w->to);
		if (!ok)
			return false;
	}
	return true;
}

static bool take_container(struct place_sink *sink, const struct place *p)
{
	struct walk *w = (struct walk *)sink;
	struct machine *m = w->machine;
	struct jq_value v = p->value;

	if (!is_same(v, p->at))
		return machine_fail(m,
		    "Invalid path expression near attempt to iterate through "
		    "%s",
		    machine_quote(m, v));
	if (v.kind == JQ_ARRAY || v.kind == JQ_OBJECT)
		return give_elements(w, p, v);
	return w->node->optional ||
	       machine_fail(m, "Cannot iterate over %s (%s)", jq_kind_name(v),
		   machine_quote(m, v));
}

bool paths_follow(struct machine *m, const struct place *p,
    struct jq_value path, struct place_sink *to)
{
	struct place next = *p;

	next.value = paths_get(m, p->value, path);
	if (next.value.kind == JQ_NONE)
		return false;
	if (p->path.kind == JQ_NONE)
		return to->take(to, &next);
	if (!paths_check(m, p))
		return false;
	next.at = next.value;
	for (uint32_t i = 0; i < path.n; i++)
		next.path =
		    jq_array_append(m->heap, next.path, path.array->items[i]);
	return to->take(to, &next);
}

/* a | b */

static bool take_left(struct place_sink *sink, const struct place *p)
{
	struct walk *w = (struct walk *)sink;

	return paths_each(w->machine, w->node->b, w->frame, p, w->to);
}

/* a as $x | b, if a then b else c */

static bool take_first(struct sink *sink, struct jq_value v)
{
	struct walk *w = &((struct walk_wait *)sink)->walk;
	struct node *n = w->node, *next = n->b;

	if (n->kind == NODE_AS)
		w->frame->slots[n->slot].value = v;
	else if (!jq_is_true(v))
		next = n->c;
	return next ? paths_each(w->machine, next, w->frame, w->from, w->to)
		    : w->to->take(w->to, w->from);
}

/* a // b: the flag is that a has yielded something. */

static bool take_true(struct place_sink *sink, const struct place *p)
{
	struct walk *w = (struct walk *)sink;

	if (!jq_is_true(p->value))
		return true;
	w->flag = true;
	return w->to->take(w->to, p);
}

static bool each_alternative(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct walk w = WALK(take_true);

	if (!paths_each(m, n->a, f, p, &w.sink))
		return false;
	return w.flag || paths_each(m, n->b, f, p, to);
}

/* try: the flag is that what failed is not the body, but what came after. */

static bool take_tried(struct place_sink *sink, const struct place *p)
{
	struct walk *w = (struct walk *)sink;

	if (w->to->take(w->to, p))
		return true;
	w->flag = true;
	return false;
}

static bool each_try(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct walk w = WALK(take_tried);
	struct place caught;

	if (paths_each(m, n->a, f, p, &w.sink))
		return true;
	if (w.flag || m->leaving != LEAVING_ERROR)
		return false;
	m->leaving = LEAVING_NOTHING;
	caught = with_value(p, m->error);
	return !n->b || paths_each(m, n->b, f, &caught, to);
}

static bool each_label(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	double mine = m->labels++;

	f->slots[n->slot].label = mine;
	return paths_each(m, n->a, f, p, to) || machine_ends_at(m, mine);
}

/* foreach: the path goes on from each element to the state and on. */

struct path_loop {
	struct walk walk;
	struct jq_value state;
};

static bool take_next_state(struct place_sink *sink, const struct place *p)
{
	struct walk *w = (struct walk *)sink;
	struct path_loop *l = (struct path_loop *)(void *)w->to;
	struct place_sink *to = l->walk.to;

	l->state = p->value;
	return w->node->d ? paths_each(w->machine, w->node->d, w->frame, p, to)
			  : to->take(to, p);
}

static bool take_turn(struct place_sink *sink, const struct place *p)
{
	struct path_loop *l = (struct path_loop *)sink;
	struct walk w = l->walk;
	struct place state = with_value(p, l->state);

	heap_tick(w.machine->heap);
	w.frame->slots[w.node->slot].value = p->value;
	w.sink.take = take_next_state;
	w.to = &l->walk.sink;
	l->state = jq_null();
	return paths_each(w.machine, w.node->c, w.frame, &state, &w.sink);
}

static bool take_first_state(struct place_sink *sink, const struct place *p)
{
	struct walk *w = (struct walk *)sink;
	struct path_loop l = {*w, p->value};
	struct place in = with_value(p, w->from->value);

	l.walk.sink.take = take_turn;
	return paths_each(w->machine, w->node->a, w->frame, &in, &l.walk.sink);
}

/* Calls. */

static bool each_call(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct frame *callee = FRAME_ROOM(n->function->slots);

	return paths_each(
	    m, n->function->body, call_frame(m, n, f, callee), p, to);
}

bool paths_each_argument(struct machine *m, const struct argument *a,
    struct frame *f, const struct place *p, struct place_sink *to)
{
	if (a->slots == 0)
		return paths_each(m, a->body, f, p, to);
	return paths_each(
	    m, a->body, closure_frame(m, f, FRAME_ROOM(a->slots)), p, to);
}

/* Any other node yields values. */

static bool take_value(struct sink *sink, struct jq_value v)
{
	struct walk *w = &((struct walk_wait *)sink)->walk;
	struct place next = with_value(w->from, v);

	return w->to->take(w->to, &next);
}

static bool each_value(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct walk_wait v = WALK_WAIT(take_value);

	return machine_each(m, n, f, p->value, &v.sink);
}

static bool each_first(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct walk left = WALK(take_left);
	struct walk_wait first = WALK_WAIT(take_first);

	if (n->kind == NODE_PIPE)
		return paths_each(m, n->a, f, p, &left.sink);
	return machine_each(m, n->a, f, p->value, &first.sink);
}

bool paths_each(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct walk container = WALK(take_container);
	struct walk state = WALK(take_first_state);
	struct closure c;

	if (p->path.kind == JQ_NONE)
		return each_value(m, n, f, p, to);
	switch ((enum node_kind)n->kind) {
	case NODE_IDENTITY: return to->take(to, p);
	case NODE_FIELD:
	case NODE_INDEX:
	case NODE_SLICE: return each_step(m, n, f, p, to);
	case NODE_EACH: return paths_each(m, n->a, f, p, &container.sink);
	case NODE_PIPE:
	case NODE_AS:
	case NODE_IF: return each_first(m, n, f, p, to);
	case NODE_COMMA:
		return paths_each(m, n->a, f, p, to) &&
		       paths_each(m, n->b, f, p, to);
	case NODE_ALTERNATIVE: return each_alternative(m, n, f, p, to);
	case NODE_TRY: return each_try(m, n, f, p, to);
	case NODE_FOREACH: return paths_each(m, n->b, f, p, &state.sink);
	case NODE_LABEL: return each_label(m, n, f, p, to);
	case NODE_CALL: return each_call(m, n, f, p, to);
	case NODE_PARAMETER:
		c = closure_at(n, f);
		return paths_each_argument(m, c.code, c.frame, p, to);
	case NODE_BUILTIN:
		if (n->builtin->generate)
			return n->builtin->generate(m, n, f, p, to);
		return each_value(m, n, f, p, to);
	default: return each_value(m, n, f, p, to);
	}
}

/* Assignment: for each path, in the order in which they are found. */

struct place_change {
	struct place_sink sink;
	struct machine *machine;
	struct node *node;
	struct frame *frame;
	struct jq_value state, operand, deleted;
	uint32_t *edit; /* of the state */
};

/* Change the state at a path. */
static bool put(struct place_change *a, struct jq_value path, struct jq_value v)
{
	struct heap *h = a->machine->heap;

	h->edit = *a->edit;
	a->state = paths_set(a->machine, a->state, path, v);
	h->edit = 0;
	return a->state.kind != JQ_NONE;
}

/* The value in the place of another; JQ_NONE if there is to be none. */
static struct jq_value updated(struct place_change *a, struct jq_value old)
{
	struct node *n = a->node;

	if (n->kind == NODE_UPDATE)
		return machine_first(a->machine, n->b, a->frame, old);
	if (n->op == NODE_ALTERNATIVE)
		return jq_is_true(old) ? old : a->operand;
	return operator_apply(a->machine, n->op, old, a->operand);
}

static bool take_changed(struct place_sink *sink, const struct place *p)
{
	struct place_change *a = (struct place_change *)sink;
	struct machine *m = a->machine;
	struct jq_value v;

	heap_tick(m->heap);
	if (!paths_check(m, p))
		return false;
	if (a->node->kind == NODE_ASSIGN)
		return put(a, p->path, a->operand);
	v = paths_get(m, a->state, p->path);
	if (v.kind == JQ_NONE)
		return false;
	if (jq_is_of_edit(v, *a->edit))
		*a->edit = jq_new_edit(m->heap);
	v = updated(a, v);
	if (v.kind != JQ_NONE)
		return put(a, p->path, v);
	a->deleted = jq_array_append(m->heap, a->deleted, p->path);
	return m->leaving == LEAVING_NOTHING;
}

struct jq_value paths_change(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value operand, uint32_t *edit)
{
	struct place_change a = {.sink = {take_changed},
	    .machine = m,
	    .node = n,
	    .frame = f,
	    .state = in,
	    .operand = operand,
	    .deleted = jq_array(m->heap, 0),
	    .edit = edit};
	struct place p = {in, jq_array(m->heap, 0), in};

	if (!paths_each(m, n->a, f, &p, &a.sink))
		return jq_none();
	return a.deleted.n ? paths_delete(m, a.state, a.deleted) : a.state;
}
