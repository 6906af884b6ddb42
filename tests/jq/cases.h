/*
 * Cases in files: a program, an input, and the outcome, as lines; cases are
 * separated by empty lines, and lines that begin with # before one are
 * comments. In a file of differences, each line of an outcome begins with who
 * gives it: "1.6: ", "1.7: " or "own: ".
 */
#ifndef SP_TESTS_JQ_CASES_H
#define SP_TESTS_JQ_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct jq_case {
	const char *file;
	unsigned line;
	char *comment, *program, *input, *outcome;
};

struct cases {
	struct jq_case *all;
	size_t count, room;
};

/* Append those of a file. False, with a message on stderr, if it has a fault.
 */
bool cases_read(struct cases *, const char *path);
void cases_release(struct cases *);

/* The lines of an outcome that begin with a prefix, without it. */
char *lines_with(const char *outcome, const char *prefix);

#endif
