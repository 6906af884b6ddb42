/*
 * The pool: captures in, their rows out, in order, mapped by worker processes.
 * A capture that crashes its worker, or takes too long, fails alone; the other
 * captures of that worker go to a new one.
 *
 *	pool_submit(p, &capture, number) for as long as !pool_full(p)
 *	pool_wait(p, ...)
 *	while ((done = pool_done(p)) != NULL)
 *		...
 *		pool_pop(p)
 */
#ifndef SP_MAP_POOL_H
#define SP_MAP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "map/engine.h"
#include "map/pool_result.h"
#include "map/worker.h"

struct pool_config {
	struct worker_config worker;
	unsigned workers; /* 1 to POOL_WORKERS_MAX */

	/* Called with the JSON text of each `debug`. */
	void (*debug)(struct slice json);
};

struct pool;

/* The config's filters are borrowed by the pool. */
struct pool *pool_new(const struct pool_config *);

/* Kills the workers, whatever they are doing. */
void pool_free(struct pool *);

/*
 * Start the first worker and have it compile the filters. 0, or an exit status
 * with a line in `why`: 78 if one of them does not compile, else as
 * pool_failure.
 */
int pool_start(struct pool *, struct buf *why);

/* Queue a copy of a capture; `number` is the caller's, of its line. */
void pool_submit(struct pool *, const struct engine_capture *, uint64_t number);

/* Whether the queue is full; whether it is not empty. */
bool pool_full(const struct pool *);
bool pool_busy(const struct pool *);

/*
 * Run the workers until something has happened: a capture was mapped, a signal
 * arrived, or `input` (-1 for none) is readable. False if the pool has failed;
 * pool_failure says why.
 */
bool pool_wait(struct pool *, int input);

/*
 * After pool_wait was false: a line in `why`, and the exit status, 71 if out
 * of memory, else 69.
 */
int pool_failure(const struct pool *, struct buf *why);

/* The oldest capture, if it is done; valid until pool_pop. */
const struct pool_result *pool_done(struct pool *);
void pool_pop(struct pool *);

#endif
