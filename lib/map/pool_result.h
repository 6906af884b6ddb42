/* What becomes of a capture in the pool. */
#ifndef SP_MAP_POOL_RESULT_H
#define SP_MAP_POOL_RESULT_H

#include <stdint.h>

#include "base/slice.h"
#include "map/engine.h"

#define POOL_WORKERS_MAX 64

struct pool_result {
	const char *failure; /* a short fixed reason; NULL if it was mapped */
	struct slice detail; /* of a failure, one line */
	struct engine_result mapped;
	struct slice line; /* the capture */
	uint64_t number;
};

#endif
