/*
 * The worker: the process in which libjq runs mappings. It can open no files,
 * its memory is bounded and its environment empty. JSON texts go in and come
 * out; map/frame.h has the messages.
 */
#ifndef SP_MAP_LIBJQ_WORKER_H
#define SP_MAP_LIBJQ_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"

/* The exit status of a worker that needs more memory than it may have. */
#define WORKER_NO_MEMORY 70

/*
 * The exit status of a worker that could not be set up, or lost its connection:
 * no capture is the reason.
 */
#define WORKER_BROKEN 71

/* A program that the worker can run. */
struct worker_program {
	const char *file; /* if set, it is compiled at once: for messages */
	struct slice text;
};

struct worker_config {
	const struct worker_program *programs;
	size_t count;
	size_t memory;	    /* limit of its address space, in bytes */
	int64_t timeout_ms; /* limit for one capture */
};

/*
 * The main function of a worker, to be called right after fork: serves the
 * other end of the socket, then exits.
 */
_Noreturn void worker_run(
    const struct worker_config *, int socket, pid_t parent);

#endif
