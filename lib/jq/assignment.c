/*
 * Assignments: for each path, in the order in which they are found.
 */
#include "jq/evaluator.h"
#include "jq/operators.h"
#include "jq/paths.h"

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
		return evaluate_first(a->machine, n->b, a->frame, old);
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
	if (!place_check(m, p))
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

struct jq_value assign(struct machine *m, struct node *n, struct frame *f,
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

	if (!evaluate_each(m, n->a, f, &p, &a.sink))
		return jq_none();
	return a.deleted.n ? paths_delete(m, a.state, a.deleted) : a.state;
}
