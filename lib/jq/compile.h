/*
 * Compiles jq text into a program.
 */
#ifndef SP_JQ_COMPILE_H
#define SP_JQ_COMPILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "value/names.h"
#include "jq/node.h"

/* A text that a program is made of. */
struct program_source {
	const char *name; /* for messages; NULL for what need not be named */
	struct slice text;
};

/*
 * Compile texts that follow one another: definitions, and in the last one what
 * is run. jq's own functions that are defined in jq come before them. The texts
 * are borrowed until it is done; the names last as long as `names`. The program
 * belongs to the caller. NULL leaves in `why`, one line, what is wrong, or what
 * the engine does not have: "line 3: syntax error, unexpected ..." or "line 3:
 * the engine has no 'input/0'".
 */
struct program *program_compile(struct names *, const struct program_source *,
    size_t count, struct buf *why);

void program_free(struct program *);

#endif
