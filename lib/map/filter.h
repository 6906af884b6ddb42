/*
 * A jq program, compiled and run by libjq. Only ever used in a worker
 * process: some programs abort, never end, or take all memory there is.
 *
 * Every program is given the prelude, put before it as one line so that line
 * numbers in messages are those of the program.
 */
#ifndef SP_MAP_FILTER_H
#define SP_MAP_FILTER_H

#include <stdbool.h>

#include <jq.h>
#include <jv.h>

#include "base/buf.h"
#include "base/slice.h"

/* The exit status of a process that libjq found no memory in. */
#define FILTER_NO_MEMORY 70

struct filter {
	jq_state *jq;
	struct buf *errors; /* while compiling */

	/* Told of each value that the program debugs, as JSON text. */
	void (*debug)(void *ctx, struct slice json);
	void *ctx;
};

/* Append the prelude as one line, without its comments. */
bool filter_prelude(struct buf *, struct slice prelude);

/*
 * Compile a program. False leaves the compiler's first message in `why`, one
 * line. The debug callback is to be set before. Ends the process with
 * FILTER_NO_MEMORY where memory is out, now or later.
 */
bool filter_compile(struct filter *, struct slice prelude_line,
    struct slice program, struct buf *why);
void filter_release(struct filter *);

/*
 * Run the program on a value, consumed. Each of its results is borrowed by
 * `take`, which says NULL, or what is wrong with it. False, with one line in
 * `why`, when the program or `take` ended it.
 */
bool filter_run(struct filter *, jv input,
    const char *(*take)(void *ctx, jv result), void *ctx, struct buf *why);

#endif
