/*
 * The functions of jq that are written in C. Those that can be written in jq
 * well enough are in builtins.jq.
 */
#ifndef SP_JQ_BUILTINS_H
#define SP_JQ_BUILTINS_H

#include <stdint.h>

#include "base/slice.h"
#include "jq/node.h"

/* NULL if there is none. */
const struct builtin *builtin_of(struct slice name, uint32_t arity);

/* Values that a builtin is called with at most. */
#define BUILTIN_VALUES_MAX 3

/* Defines the function of a builtin: `in` is its input, `a` its arguments. */
#define BUILTIN(name)                                                          \
	static struct jq_value name(__attribute__((unused)) struct machine *m, \
	    __attribute__((unused)) struct jq_value in,                        \
	    __attribute__((unused)) const struct jq_value *a)

/* The builtins by subject; each list ends with one without a name. */
extern const struct builtin builtins_arrays[], builtins_flow[],
    builtins_numbers[], builtins_objects[], builtins_paths[],
    builtins_strings[];

#endif
