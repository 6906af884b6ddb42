/*
 * How a run went, as its end record says it: `status`, and unless it is
 * complete `exit` (the status of sp(7) that the last program shall end with),
 * `reason` and `until`.
 */
#ifndef SP_STREAM_OUTCOME_H
#define SP_STREAM_OUTCOME_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"

#define EX_REFUSED 1 /* exit status: done, but records were refused */

struct outcome {
	int exit;		/* 0: complete; 75: deferred; else failed */
	char reason[512];	/* "" where there is none */
	char until[CLOCK_TEXT]; /* when to come back, or "" */
};

/* "complete", "deferred" or "failed". */
const char *outcome_status(const struct outcome *);

/* Append it as members of an end record. */
bool outcome_put(const struct outcome *, struct buf *);

#endif
