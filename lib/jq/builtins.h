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

/* The builtins by subject; each list ends with one without a name. */
extern const struct builtin builtins_arrays[], builtins_flow[],
    builtins_numbers[], builtins_objects[], builtins_paths[],
    builtins_strings[];

#endif
