/* What the two ways of evaluating nodes share. */
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
 * evaluated: checks or converts it. */
bool operand_ready(
    struct machine *, struct node *, unsigned i, struct jq_value *values);

/* Values that a builtin is called with at most. */
#define BUILTIN_VALUES_MAX 3

/* The result from all values; JQ_NONE if an optional step fails. */
bool operands_combine(struct machine *, struct node *, struct jq_value input,
    const struct jq_value *values, struct jq_value *result);

/* The member of NODE_FIELD. */
bool machine_field(
    struct machine *, struct node *, struct jq_value, struct jq_value *result);

/* A node that machine_is_one does not say to yield at most one result. */
bool evaluate_many(struct machine *, struct node *, struct frame *,
    struct jq_value input, struct sink *);

/* reduce's update with the element in its slot: sets the state. */
bool reduce_step(
    struct machine *, struct node *, struct frame *, struct jq_value *state);

/* reduce, from an initial state on. */
bool reduce_from(struct machine *, struct node *, struct frame *,
    struct jq_value input, struct jq_value *state);

#endif
