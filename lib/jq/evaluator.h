/* What the ways of evaluating nodes share. */
#ifndef SP_JQ_EVALUATOR_H
#define SP_JQ_EVALUATOR_H

#include <stdbool.h>

#include "jq/jq_value.h"
#include "jq/machine.h"
#include "jq/node.h"

/*
 * Nodes whose result is made from the values of their operands: steps,
 * arithmetic, objects, strings, builtins. The operands are numbered in the
 * order in which they are evaluated, the outermost loop first.
 */
unsigned operand_count(const struct node *);
struct argument operand_at(const struct node *, unsigned i);

/* To be called with each operand's value in values[i], before the next one is
 * evaluated: checks or converts it. False after an error. */
bool operand_ready(
    struct machine *, struct node *, unsigned i, struct jq_value *values);

/* Values that a builtin is called with at most. */
#define BUILTIN_VALUES_MAX 3

/* The result from all values. */
struct jq_value operands_combine(struct machine *, struct node *,
    struct jq_value input, const struct jq_value *values);

/* The member of NODE_FIELD, where a look-up at once does not find it. */
struct jq_value field_of(struct machine *, struct node *, struct jq_value);

/* The last result of a node that may yield many. */
struct jq_value last_of_many(
    struct machine *, struct node *, struct frame *, struct jq_value input);

/* reduce, from an initial state on; JQ_NONE after an error. */
struct jq_value reduce_from(struct machine *, struct node *, struct frame *,
    struct jq_value input, struct jq_value state);

/* Whether the result of a step is nothing, since it failed and is optional. */
static inline bool step_is_skipped(struct machine *m, const struct node *n)
{
	if (!n->optional || m->leaving != LEAVING_ERROR)
		return false;
	m->leaving = LEAVING_NOTHING;
	return true;
}

#endif
