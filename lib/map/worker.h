/*
 * A worker: the process in which captures are mapped. It can open nothing,
 * its memory is bounded, its environment is empty, and it may die of any
 * capture; the pool then refuses that one and starts another worker.
 */
#ifndef SP_MAP_WORKER_H
#define SP_MAP_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"

/*
 * The exit status of a worker that could not be set up, or could not talk to
 * the pool: for no fault of a capture's.
 */
#define WORKER_BROKEN 71

struct worker_config {
	struct slice filter; /* of a user, for all captures; or p == NULL */
	size_t memory;	     /* most address space of a worker, in bytes */
	int64_t timeout_ms;  /* most time for one capture */
	bool memo;	     /* keep the rows of units that were mapped */
};

/*
 * Be a worker: set up, serve the pool at the other end of the socket, and
 * end the process. To be called right after fork.
 */
_Noreturn void worker_run(
    const struct worker_config *, int socket, pid_t parent);

#endif
