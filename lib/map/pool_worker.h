/*
 * A worker process as the pool sees it: the jobs that are assigned to it, how
 * much of them is sent, and what it responds. Jobs belong to the pool.
 */
#ifndef SP_MAP_POOL_WORKER_H
#define SP_MAP_POOL_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "map/frame.h"
#include "map/pool_result.h"
#include "map/worker.h"

/* A capture to be mapped, and then its result. */
struct pool_job {
	struct pool_job *next;		/* in the order of the input */
	struct pool_job *next_assigned; /* in the order of its worker */
	struct buf frame;		/* as it is sent */
	size_t line_at;			/* where the capture begins in it */
	bool assigned;
	bool done;
	bool killed_once; /* its worker was, from outside */
	struct buf text;  /* the response, or the detail of a failure */
	struct pool_result result;
};

struct pool_worker {
	pid_t pid; /* 0 for none */
	int fd;	   /* -1 for none */
	bool ready;
	bool timed_out;
	bool retiring; /* it is about to exit by itself */
	bool broken;   /* nothing more can be sent to it */
	int err;       /* errno, if we cannot talk to it; else 0 */
	struct pool_job *first, *last; /* assigned to it */
	size_t jobs, bytes;	       /* of those */
	struct pool_job *sending;      /* not completely sent yet */
	size_t sent;		       /* of that, in bytes */
	int64_t waited_ms; /* for the first job, without a response */
	struct buf in;
};

/* No process yet; all bytes of the struct are 0. */
void pool_worker_init(struct pool_worker *);

/*
 * Fork a process. It closes the sockets of all POOL_WORKERS_MAX workers of the
 * pool. False leaves errno.
 */
bool pool_worker_start(struct pool_worker *, const struct worker_config *,
    const struct pool_worker all[]);

/* Kill the process, if need be, and return its status as waitpid does. */
int pool_worker_end(struct pool_worker *);

/* Whether it has nothing to do. */
bool pool_worker_is_idle(const struct pool_worker *);

/* Assign a job, after its others; unassign the first one, which is returned. */
void pool_worker_assign(struct pool_worker *, struct pool_job *);
struct pool_job *pool_worker_unassign(struct pool_worker *);

/* Send without blocking. If it has ended, pool_worker_receive is false. */
void pool_worker_send(struct pool_worker *);

/*
 * Read what is available, and call `handle` for each complete response. False
 * if the process has ended, or cannot be read from: then `err` is set.
 */
bool pool_worker_receive(struct pool_worker *,
    void (*handle)(void *ctx, struct pool_worker *,
	const struct frame_response *, struct slice text),
    void *ctx);

#endif
