/* The frames of calls. */
#ifndef SP_JQ_CALLS_H
#define SP_JQ_CALLS_H

#include <stdint.h>

#include "jq/evaluator.h"

/* The closure of a parameter. */
static inline struct closure closure_at(
    const struct node *parameter, struct frame *f)
{
	return frame_at(f, parameter->level)->slots[parameter->slot].closure;
}

/* An argument as a closure; a parameter that is passed on is the closure that
 * it was, so that recursion does not make a chain of them. */
static inline struct closure closure_of(
    const struct argument *a, struct frame *f)
{
	if (a->slots == 0 && a->body->kind == NODE_PARAMETER)
		return closure_at(a->body, f);
	return (struct closure){a, f};
}

/* Set up the frame of a call of a function, in a frame. */
static inline struct frame *call_frame(struct machine *m, const struct node *n,
    struct frame *f, struct frame *callee)
{
	heap_tick(m->heap);
	heap_check_stack(m->heap);
	callee->outer = frame_at(f, n->level);
	callee->many = 0;
	for (uint32_t i = 0; i < n->count; i++) {
		const struct argument *a = &n->arguments[i];

		callee->slots[i].closure = closure_of(a, f);
		if (!is_one(a->body, f) && i < 32)
			callee->many |= UINT32_C(1) << i;
	}
	return callee;
}

/* Set up the frame that a closure has of its own. */
static inline struct frame *closure_frame(
    struct machine *m, struct frame *outer, struct frame *own)
{
	heap_tick(m->heap);
	heap_check_stack(m->heap);
	own->outer = outer;
	own->many = outer->many;
	return own;
}

#endif
