/*
 * The progress line: how far the work is, on stderr. A pipeline has one, of the
 * program that its work begins with. On a terminal the line is redrawn, is
 * erased at the end and before any message, and is not shown at all if the work
 * takes half a second. Anywhere else it is a line every ten seconds, and one at
 * the end, without escape sequences.
 */
#ifndef SP_CMD_PROGRESS_H
#define SP_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* How far the work is. */
struct progress {
	struct buf text; /* `3 requests, 12 captures`; empty for none yet */
	uint64_t done, total; /* for the rate and the time left; 0 if unknown */
};

/* When to show it without --progress, if stderr is a terminal: */
enum progress_when {
	PROGRESS_PRINTS = 1, /* only if stdout, which gets records, is none */
	PROGRESS_READS = 2,  /* only if stdin is a file, not a pipe */
};

/* Begin to show the progress, if it is wanted: an `or` of progress_when. */
void progress_begin(bool option, unsigned when,
    void (*describe)(void *ctx, struct progress *), void *ctx);

/* Show it if it is time to; to be called often. */
void progress_step(void);

/* End it. Does nothing if none was begun. */
void progress_end(void);

#endif
