/*
 * What the parts of the compiler share. All that they make lies on the heap of
 * the program, and an error leaves them at once by a jump, so that none has
 * anything to clean up.
 */
#ifndef SP_JQ_COMPILER_H
#define SP_JQ_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "value/heap.h"
#include "value/names.h"
#include "jq/node.h"

struct compiler {
	struct heap *heap;
	struct names *names;
	const struct program_source *sources;
	size_t count;
	const struct program_source *source; /* being worked on */
	struct buf text; /* of the string that is being read */
	struct program *program;
	struct buf *why;
};

/* End with a message, "line N: ..."; it contains nothing unprintable. */
_Noreturn void compile_error(struct compiler *, uint32_t line,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* How much of a name is shown in a message, for %.*s. */
static inline int shown(struct slice name)
{
	return name.n < 100 ? (int)name.n : 100;
}

/* Memory of the program, all zeros. */
void *compiler_new(struct compiler *, size_t n);

/*
 * An array of n items of a size, which has room for one more: itself, or a copy
 * twice as large whenever n is a power of two.
 */
void *compiler_grow(struct compiler *, void *items, size_t n, size_t size);

/* The parts of a node that is no call: some may be NULL. */
static inline struct node **node_operands(struct node *n, uint32_t *count)
{
	*count = node_has_parts(n) ? n->count : 3;
	return node_has_parts(n) ? n->parts : n->operands;
}

/*
 * Parse the text of the current source into `tree`: a chain of NODE_DEFINE for
 * its definitions, and then, in the last source, what is run. Returns where the
 * next source goes: the end of the chain.
 */
struct node **parse_source(
    struct compiler *, struct slice text, bool is_last, struct node **tree);

/*
 * Resolve the names in a tree, and find which nodes may yield many results.
 * Definitions are gone from the tree then. Sets program->body and slots.
 */
void resolve_names(struct compiler *, struct node *tree);

#endif
