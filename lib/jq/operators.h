/*
 * The operators on values, with libjq's messages. All return JQ_NONE after
 * machine_error.
 */
#ifndef SP_JQ_OPERATORS_H
#define SP_JQ_OPERATORS_H

#include <stdbool.h>
#include <stdint.h>

#include "value/jq_value.h"
#include "jq/machine.h"
#include "jq/node.h"

/* NODE_ADD to NODE_GREATER_EQUAL. */
struct jq_value operator_apply(
    struct machine *, enum node_kind, struct jq_value a, struct jq_value b);

struct jq_value operator_negate(struct machine *, struct jq_value);

/* The error of a value that is no object and gets a name as its index. */
struct jq_value cannot_index(
    struct machine *, struct jq_value, struct slice key);

/* The error of a value that has no elements; false. */
bool cannot_iterate(struct machine *, struct jq_value);

/* a[key]; null where there is nothing. */
struct jq_value operator_index(
    struct machine *, struct jq_value a, struct jq_value key);

/* a[from:to]; a bound that is null is none. */
struct jq_value operator_slice(struct machine *, struct jq_value a,
    struct jq_value from, struct jq_value to);

/*
 * The elements, or code points, that a slice of a value of this length has:
 * start..end - 1. False after machine_error.
 */
bool slice_bounds(struct machine *, struct jq_value from, struct jq_value to,
    uint32_t length, uint32_t *start, uint32_t *end);

/* The index that a number means: its integral part, from the end if negative;
 * -1 if it is before the array. */
int64_t array_index(double, uint32_t length);

/* The members `start` and `end` of an object as a key, which means a slice. */
void slice_key(struct machine *, struct jq_value key, struct jq_value *from,
    struct jq_value *to);

/* The indexes at which the elements of b follow one another in a. */
struct jq_value array_indexes(
    struct machine *, struct jq_value a, struct jq_value b);

/* The parts of a string between separators; its characters if that is "". */
struct jq_value string_split(
    struct machine *, struct jq_value, struct jq_value separator);

/* Strings, one after the other. */
struct jq_value string_join(
    struct machine *, const struct jq_value *parts, uint32_t count);

/* Code points of a string. */
uint32_t string_length(struct slice);

#endif
