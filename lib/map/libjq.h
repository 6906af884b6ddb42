/*
 * Libjq, as sp-transform runs it: a capture goes in as JSON text, and the texts
 * of its results come out. It runs in one worker process, as a program may
 * abort, never end, or use up all memory: then that capture fails, and the next
 * one gets another worker.
 */
#ifndef SP_MAP_LIBJQ_H
#define SP_MAP_LIBJQ_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/slice.h"
#include "map/libjq_worker.h"

struct libjq {
	struct worker_config config; /* set by the caller: the others are 0 */

	/*
	 * Called with each result, and with the value of each `debug`. A result
	 * may be wrong, which ends the run: then false.
	 */
	bool (*result)(void *ctx, struct slice json);
	void (*debug)(struct slice json);
	void *ctx;

	int err; /* of LIBJQ_BROKEN: an errno, or 0 */

	pid_t pid; /* private from here; 0 for no process */
	int fd;
	bool has_run;	   /* it has mapped a capture */
	unsigned losses;   /* of processes, since a capture was mapped */
	int64_t waited_ms; /* for the end of what it does now */
	struct buf in;
};

enum libjq_outcome {
	LIBJQ_DONE,
	LIBJQ_FAILED, /* the program did; `why` has its message */
	LIBJQ_WRONG,  /* libjq->result was false */
	LIBJQ_TIMED_OUT,
	LIBJQ_NO_MEMORY,
	LIBJQ_CRASHED, /* `why` says how */
	LIBJQ_KILLED,  /* from outside; as above */
	LIBJQ_LOST,    /* no fault of the capture: to be tried again */
	LIBJQ_BROKEN   /* no worker can be started or kept; `why` says so */
};

/*
 * Start the worker and have it compile the programs of files. LIBJQ_FAILED if
 * one does not compile.
 */
enum libjq_outcome libjq_start(struct libjq *, struct buf *why);

/* Run a program on a capture. */
enum libjq_outcome libjq_run(
    struct libjq *, uint32_t program, struct slice capture, struct buf *why);

/* Kills the worker, whatever it is doing. */
void libjq_release(struct libjq *);

#endif
