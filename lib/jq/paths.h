/*
 * Path expressions: what is on the left of an assignment, or in path(f). They
 * yield places: values, and where these are in the input.
 *
 * As in libjq, any expression may be part of one, but a further step can only
 * be made from a value that is the one at the path so far.
 */
#ifndef SP_JQ_PATHS_H
#define SP_JQ_PATHS_H

#include <stdbool.h>

#include "jq/jq_value.h"
#include "jq/machine.h"
#include "jq/node.h"

struct place {
	struct jq_value value;
	struct jq_value path; /* an array; JQ_NONE where none is wanted */
	struct jq_value at;   /* what is at the path */
};

/* As a sink; extended in the same way. */
struct place_sink {
	bool (*take)(struct place_sink *, const struct place *);
};

/* Evaluate a node; without a path, that is machine_each. */
bool paths_each(struct machine *, struct node *, struct frame *,
    const struct place *, struct place_sink *);
bool paths_each_argument(struct machine *, const struct argument *,
    struct frame *, const struct place *, struct place_sink *);

/* Whether a further step can be made, or the path be used: else an error. */
bool paths_check(struct machine *, const struct place *);

/* Give what is at a path from a place: getpath(path). */
bool paths_follow(struct machine *, const struct place *, struct jq_value path,
    struct place_sink *);

/* The parts of a path are member names, indexes, and slices as objects. */
struct jq_value paths_get(
    struct machine *, struct jq_value, struct jq_value path);
struct jq_value paths_set(struct machine *, struct jq_value,
    struct jq_value path, struct jq_value to);
struct jq_value paths_delete(
    struct machine *, struct jq_value, struct jq_value paths);

/*
 * NODE_ASSIGN, NODE_UPDATE and NODE_UPDATE_BY, with the value of b where it is
 * none to be called. What has been made in the edit is changed in place; the
 * edit goes on.
 */
struct jq_value paths_change(struct machine *, struct node *, struct frame *,
    struct jq_value input, struct jq_value operand, uint32_t *edit);

#endif
