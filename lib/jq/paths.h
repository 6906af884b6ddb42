/* Values at paths: arrays of member names, indexes, and slices as objects. */
#ifndef SP_JQ_PATHS_H
#define SP_JQ_PATHS_H

#include "value/jq_value.h"
#include "jq/machine.h"

/* All return JQ_NONE after machine_error. */
struct jq_value paths_get(
    struct machine *, struct jq_value, struct jq_value path);
struct jq_value paths_set(struct machine *, struct jq_value,
    struct jq_value path, struct jq_value to);
struct jq_value paths_delete(
    struct machine *, struct jq_value, struct jq_value paths);

#endif
