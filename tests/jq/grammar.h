/*
 * Random programs, from a grammar of the constructs that mappings use, and
 * random inputs for them. The same seed and number give the same.
 */
#ifndef SP_TESTS_JQ_GRAMMAR_H
#define SP_TESTS_JQ_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct random {
	uint64_t state;
	bool modern; /* for jq 1.7 and later: with what it mended, but without
			numbers that it prints as they are written */
};

struct random random_of(uint64_t seed, uint64_t number, bool modern);
uint32_t random_below(struct random *, uint32_t n);

#define KIDS_MAX 6

/* A program as a tree: a template, and what its holes contain. */
struct tree {
	const char *template;
	struct tree *kids[KIDS_MAX];
	unsigned count; /* of kids */
};

/*
 * A program; NULL if it would be too large. The tree is valid until the next
 * one is made.
 */
struct tree *grammar_program(struct random *);

void tree_put(struct buf *to, const struct tree *);

/* All parts of a tree, into an array of TREE_MAX; how many. */
#define TREE_MAX 400
size_t tree_parts(struct tree *, struct tree **parts);

/* A JSON text. */
void grammar_input(struct buf *to, struct random *);

/* Change a token or two of a program's text. */
void grammar_mutate(struct buf *text, struct random *);

#endif
