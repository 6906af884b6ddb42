/*
 * A jq program, compiled and run by libjq. Only used in worker processes: some
 * programs abort, never end, or use up all memory.
 *
 * Every program has the prelude in front, on its own first line, so that line
 * numbers in messages are those of the program.
 */
#ifndef SP_MAP_LIBJQ_PROGRAM_H
#define SP_MAP_LIBJQ_PROGRAM_H

#include <stdbool.h>

#include <jq.h>
#include <jv.h>

#include "base/buf.h"
#include "base/slice.h"

struct libjq_program {
	jq_state *jq;	    /* NULL until it is compiled */
	struct buf *errors; /* while compiling */

	/* Called with the JSON text of each `debug`. */
	void (*debug)(void *ctx, struct slice json);
	void *ctx;
};

/*
 * Compile a text; set the debug callback first. False leaves the compiler's
 * first message in `why`, one line.
 */
bool libjq_program_compile(
    struct libjq_program *, struct slice text, struct buf *why);

/*
 * Run the program on a value, consumed. Each of its results is borrowed by
 * `use_result`, which returns NULL, or what is wrong with it. False, with one
 * line in `why`, if the program or `use_result` failed.
 */
bool libjq_program_run(struct libjq_program *, jv input,
    const char *(*use_result)(void *ctx, jv result), void *ctx,
    struct buf *why);

#endif
