/*
 * A worker: the process in which an engine maps captures. It can open no files,
 * its memory is bounded and its environment empty. If a capture crashes it,
 * the pool refuses that one and starts another worker.
 */
#ifndef SP_MAP_WORKER_H
#define SP_MAP_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"
#include "map/declarations.h"

/* The exit status of a worker that needs more memory than it may have. */
#define WORKER_NO_MEMORY 70

/*
 * The exit status of a worker that could not be set up, or lost its connection
 * to the pool: no capture is the reason.
 */
#define WORKER_BROKEN 71

/* A mapping of the user's own. */
struct worker_filter {
	struct slice endpoint; /* p == NULL for all that have none */
	const char *file;      /* its name, for messages */
	struct slice text;
};

struct worker_config {
	const struct worker_filter *filters; /* before the built-in mappings */
	size_t filter_count;
	size_t memory;		  /* limit of a worker's address space, bytes */
	int64_t timeout_ms;	  /* limit for one capture */
	bool optimize;		  /* use what mappings declare */
	struct name_list include; /* as in struct engine_config */
};

/*
 * The main function of a worker, to be called right after fork: serves the
 * pool at the other end of the socket, then exits.
 */
_Noreturn void worker_run(
    const struct worker_config *, int socket, pid_t parent);

#endif
