/*
 * Runs programs. Results are given to a sink, one by one, in jq's order: a node
 * with many results calls its sink for each, on the C stack, so that what comes
 * after it is done before it goes on.
 *
 * What evaluates to values returns JQ_NONE where there is no result, or where
 * the evaluation is being left: by an error, which machine->leaving says. What
 * gives results to a sink returns false where it is being left, by an error or
 * because a sink wants no more. Whoever handles an error sets `leaving` back to
 * LEAVING_NOTHING.
 */
#ifndef SP_JQ_MACHINE_H
#define SP_JQ_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "value/heap.h"
#include "value/jq_value.h"
#include "value/names.h"
#include "jq/node.h"

struct closure {
	const struct argument *code;
	struct frame *frame;
};

union frame_slot {
	struct jq_value value;
	struct closure closure;
};

struct frame {
	struct frame *outer;
	uint32_t many; /* its parameters that yield many: bits, by their slots;
			  in the frame of a closure, those of the function */
	union frame_slot slots[];
};

/* Takes results; extended by whoever passes one, as its first member. */
struct sink {
	bool (*take)(struct sink *, struct jq_value);
};

enum leaving {
	LEAVING_NOTHING,
	LEAVING_ERROR, /* machine->error */
	LEAVING_ALL    /* a sink wants no more results */
};

struct machine {
	struct heap *heap;
	struct names *names;

	/* Called with the value of each `debug`. */
	void (*debug)(void *ctx, struct jq_value);
	void *ctx;

	enum leaving leaving;
	struct jq_value error; /* as `catch` gets it */

	struct buf scratch; /* private: of a text that is being made */
};

/* machine_release frees it; heap, names, debug and ctx are set by the caller,
 * in a machine that is otherwise all zeros. */
void machine_release(struct machine *);

/*
 * Run a program within heap_guard. True if all results were given to the sink;
 * else machine->leaving is LEAVING_ERROR or LEAVING_ALL.
 */
bool machine_run(
    struct machine *, struct program *, struct jq_value input, struct sink *);

/* What an uncaught error says: its text, or the JSON of another value. */
struct slice machine_message(struct machine *);

/* For the parts of the evaluator and the builtins: */

/* Raise an error, a string; JQ_NONE, for `return machine_error(...)`. */
struct jq_value machine_error(struct machine *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct jq_value machine_raise(struct machine *, struct jq_value error);

/* The same where results go to a sink: false. */
bool machine_fail(struct machine *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A value as libjq's messages quote it: its JSON; if that has not less than
 * `size` bytes, the first size - 4 of them, and "...".
 */
const char *machine_quote_in(struct machine *, struct jq_value, size_t size);

static inline const char *machine_quote(struct machine *m, struct jq_value v)
{
	return machine_quote_in(m, v, 15);
}

/* The string of what has been written to machine->scratch, on the heap. */
struct jq_value machine_scratch(struct machine *);

/* machine->scratch, emptied. */
struct buf *machine_clear_scratch(struct machine *);

/* tojson, and tostring, which leaves strings as they are. JQ_NONE after
 * machine_error. */
struct jq_value machine_json(struct machine *, struct jq_value);
struct jq_value machine_text(struct machine *, struct jq_value);

#endif
