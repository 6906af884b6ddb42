/*
 * The two ways of evaluating nodes: to a value (evaluate_one.c), and to many
 * results (evaluate_each.c).
 *
 * Many results are places: values, and, in path expressions, where these are
 * in the input. As in libjq, any node may be part of a path expression, but a
 * further step can only be made from the value that is at the path so far.
 */
#ifndef SP_JQ_EVALUATOR_H
#define SP_JQ_EVALUATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "value/heap.h"
#include "value/jq_value.h"
#include "jq/machine.h"
#include "jq/node.h"

struct place {
	struct jq_value value;
	struct jq_value path; /* an array; JQ_NONE where none is wanted */
	struct jq_value at;   /* what is at the path */
};

/* Takes results; extended by whoever passes one, as its first member. */
struct place_sink {
	bool (*take)(struct place_sink *, const struct place *);
};

#define UNUSED __attribute__((unused))

/* The functions that evaluate a kind of nodes, or a builtin. */
#define ONE(name)                                             \
	static struct jq_value name(UNUSED struct machine *m, \
	    UNUSED struct node *n, UNUSED struct frame *f,    \
	    UNUSED struct jq_value in)
#define EACH(name)                                                        \
	static bool name(UNUSED struct machine *m, UNUSED struct node *n, \
	    UNUSED struct frame *f, UNUSED const struct place *in,        \
	    UNUSED struct place_sink *to)

extern struct jq_value (*const one_of_kind[])(
    struct machine *, struct node *, struct frame *, struct jq_value);
extern bool (*const each_of_kind[])(struct machine *, struct node *,
    struct frame *, const struct place *, struct place_sink *);

/* An evaluation that waits for results of a part of it. */
struct step {
	struct place_sink sink;
	struct machine *machine;
	struct node *node;
	struct frame *frame;
	const struct place *in;
	struct place_sink *to;
	struct jq_value key, end; /* as its node needs them */
	bool done;
};

#define STEP(take_part)                                                   \
	{                                                                 \
		.sink = {take_part}, .machine = m, .node = n, .frame = f, \
		.in = in, .to = to                                        \
	}

/* Memory of the calling function for a frame: nothing refers to it later. */
#define FRAME_ROOM(slots) \
	__builtin_alloca( \
	    sizeof(struct frame) + (slots) * sizeof(union frame_slot))

/* The frame that is so many levels further out. */
static inline struct frame *frame_at(struct frame *f, uint32_t level)
{
	while (level-- > 0)
		f = f->outer;
	return f;
}

/* Whether a node yields at most one result in this frame. */
static inline bool is_one(const struct node *n, const struct frame *f)
{
	return !n->many && !(n->many_if & f->many);
}

/* Evaluate a node that yields at most one result; JQ_NONE without one. */
static inline struct jq_value evaluate_one(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	return one_of_kind[n->kind](m, n, f, in);
}

/* Give a value, if it is one, as a result for an input. */
static inline bool give(struct machine *m, struct jq_value v,
    const struct place *in, struct place_sink *to)
{
	struct place p = {v, in->path, in->at};

	return v.kind == JQ_NONE ? m->leaving == LEAVING_NOTHING
				 : to->take(to, &p);
}

/* Evaluate any node. */
static inline bool evaluate_each(struct machine *m, struct node *n,
    struct frame *f, const struct place *in, struct place_sink *to)
{
	return in->path.kind == JQ_NONE && is_one(n, f)
		   ? give(m, evaluate_one(m, n, f, in->value), in, to)
		   : each_of_kind[n->kind](m, n, f, in, to);
}

/* The same where no path is wanted. */
static inline bool evaluate_values(struct machine *m, struct node *n,
    struct frame *f, struct jq_value in, struct place_sink *to)
{
	struct place p = {.value = in};

	return evaluate_each(m, n, f, &p, to);
}

/* The first result of any node, and the last. */
struct jq_value evaluate_first(
    struct machine *, struct node *, struct frame *, struct jq_value in);
struct jq_value evaluate_last(
    struct machine *, struct node *, struct frame *, struct jq_value in);

/* An array of all results of an argument. */
struct jq_value evaluate_all(struct machine *, const struct argument *,
    struct frame *, struct jq_value in);

/* The same for arguments of a call; these two for those with own frames. */
struct jq_value argument_one_framed(struct machine *, const struct argument *,
    struct frame *, struct jq_value in);
bool argument_each_framed(struct machine *, const struct argument *,
    struct frame *, const struct place *, struct place_sink *);

static inline struct jq_value argument_one(struct machine *m,
    const struct argument *a, struct frame *f, struct jq_value in)
{
	return a->slots ? argument_one_framed(m, a, f, in)
			: evaluate_one(m, a->body, f, in);
}

static inline bool argument_each(struct machine *m, const struct argument *a,
    struct frame *f, const struct place *in, struct place_sink *to)
{
	return a->slots ? argument_each_framed(m, a, f, in, to)
			: evaluate_each(m, a->body, f, in, to);
}

static inline bool argument_values(struct machine *m, const struct argument *a,
    struct frame *f, struct jq_value in, struct place_sink *to)
{
	struct place p = {.value = in};

	return argument_each(m, a, f, &p, to);
}

/* The member of NODE_FIELD. */
struct jq_value field_of(struct machine *, struct node *, struct jq_value);

/* Whether nothing is the result of a step, since it failed and is optional. */
static inline bool step_is_skipped(struct machine *m, const struct node *n)
{
	if (n->optional && m->leaving == LEAVING_ERROR)
		m->leaving = LEAVING_NOTHING;
	return m->leaving == LEAVING_NOTHING;
}

/* Whether a further step can be made from a place: else an error. */
bool place_check(struct machine *, const struct place *);

/* reduce, from an initial state on; JQ_NONE after an error. */
struct jq_value reduce_from(struct machine *, struct node *, struct frame *,
    struct jq_value in, struct jq_value state);

/*
 * NODE_ASSIGN, NODE_UPDATE and NODE_UPDATE_BY, with the value of b for those
 * that want it evaluated. What has been made in the edit (jq_value.h) is
 * changed in place.
 */
struct jq_value assign(struct machine *, struct node *, struct frame *,
    struct jq_value in, struct jq_value operand, uint32_t *edit);

#endif
