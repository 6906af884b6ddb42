/*
 * reduce: a state that is changed for each element. Where nothing else can
 * refer to the state, it is changed in place: an edit (jq_value.h). Whatever
 * may make such a reference ends the edit.
 */
#include "jq/evaluator.h"

#define FEW 8

/* Whether a value of a node is no part of the state, and contains none. */
static bool is_apart(const struct node *n, struct jq_value v)
{
	bool made = n->kind == NODE_ARRAY || n->kind == NODE_OBJECT;

	if (v.kind < JQ_ARRAY)
		return true;
	for (uint32_t i = 0; made && v.n <= FEW && i < v.n; i++)
		made = jq_element(v, i).kind < JQ_ARRAY;
	return made && v.n <= FEW;
}

/* The state after an assignment to one path. */
static struct jq_value assigned(struct machine *m, struct node *n,
    struct frame *f, struct jq_value state, uint32_t *edit)
{
	struct jq_value operand = jq_none();

	if (!is_one(n->a, f))
		*edit = jq_new_edit(m->heap);
	if (n->kind != NODE_UPDATE) {
		operand = evaluate_one(m, n->b, f, state);
		if (operand.kind == JQ_NONE)
			return operand;
		if (!is_apart(n->b, operand))
			*edit = jq_new_edit(m->heap);
	}
	return assign(m, n, f, state, operand, edit);
}

/* The state after an update that yields at most one. */
static struct jq_value changed(struct machine *m, struct node *n,
    struct frame *f, struct jq_value state, uint32_t *edit)
{
	struct jq_value v;

	switch (n->kind) {
	case NODE_IDENTITY: return state;
	case NODE_ASSIGN:
	case NODE_UPDATE:
	case NODE_UPDATE_BY: return assigned(m, n, f, state, edit);
	case NODE_PIPE:
		state = changed(m, n->a, f, state, edit);
		return state.kind == JQ_NONE ? state
					     : changed(m, n->b, f, state, edit);
	case NODE_IF:
	case NODE_AS:
		v = evaluate_one(m, n->a, f, state);
		if (v.kind == JQ_NONE)
			return v;
		if (n->kind == NODE_AS) {
			f->slots[n->slot].value = v;
			if (!is_apart(n->a, v))
				*edit = jq_new_edit(m->heap);
		} else if (!jq_is_true(v)) {
			return n->c ? changed(m, n->c, f, state, edit) : state;
		}
		return changed(m, n->b, f, state, edit);
	default:
		*edit = jq_new_edit(m->heap);
		return evaluate_one(m, n, f, state);
	}
}

struct reduction {
	struct place_sink sink;
	struct machine *machine;
	struct node *node;
	struct frame *frame;
	struct jq_value state;
	uint32_t edit;
};

static bool take_reduced(struct place_sink *s, const struct place *element)
{
	struct reduction *r = (struct reduction *)s;
	struct machine *m = r->machine;
	struct node *n = r->node, *update = n->c;

	heap_tick(m->heap);
	r->frame->slots[n->slot].value = element->value;
	r->state = is_one(update, r->frame)
		       ? changed(m, update, r->frame, r->state, &r->edit)
		       : evaluate_last(m, update, r->frame, r->state);
	if (r->state.kind != JQ_NONE)
		return true;
	r->state = jq_null();
	return m->leaving == LEAVING_NOTHING;
}

struct jq_value reduce_from(struct machine *m, struct node *n, struct frame *f,
    struct jq_value in, struct jq_value state)
{
	struct reduction r = {
	    {take_reduced}, m, n, f, state, jq_new_edit(m->heap)};

	return evaluate_values(m, n->a, f, in, &r.sink) ? r.state : jq_none();
}
