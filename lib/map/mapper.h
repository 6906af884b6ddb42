/*
 * The mapper: a capture in, its rows out. The endpoint of a capture selects its
 * mapping: one of the user's own, or a built-in one. Built-in mappings run in
 * our engine (lib/jq), in this process, and users' ones in libjq, in a worker
 * process, unless one engine is chosen for both. A mapping is compiled when it
 * is first needed.
 */
#ifndef SP_MAP_MAPPER_H
#define SP_MAP_MAPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "map/mapping.h"
#include "value/json_reader.h"

#define MAPPER_INCLUDE_MAX 16

/* Readable bytes that must follow the text of a capture. */
#define MAPPER_PAD READER_PAD

struct mapper_config {
	const struct mapper_filter *filters; /* before the built-in mappings */
	size_t filter_count;
	enum mapper_engine engine;
	size_t memory;	    /* bytes that mapping a capture may use */
	int64_t timeout_ms; /* that it may take */

	/* Members to store that are left out; see mapper_leaves_out. */
	struct slice include[MAPPER_INCLUDE_MAX];
	size_t include_count;

	/* Called with the JSON text of each `debug`. */
	void (*debug)(struct slice json);
};

struct mapper_capture {
	struct slice endpoint; /* which selects the mapping; may be empty */
	struct slice suffix;   /* what ends each row: `,"at":"..."}`, or `}` */
	struct slice line;     /* the capture, not checked yet */
	size_t members;	       /* that must be found in it */
};

/* What became of a capture; valid until the next call. */
struct mapper_result {
	const char *failure; /* a short fixed reason; NULL if it was mapped */
	struct slice detail; /* of a failure, one line */
	struct slice rows;   /* lines, each ended by a newline */
	size_t row_count;
	struct slice part_errors; /* lines: a place or nothing, tab, reason */
};

enum mapper_outcome {
	MAPPER_DONE,	 /* it was mapped, or failed */
	MAPPER_NOT_JSON, /* nothing was done */
	MAPPER_BROKEN	 /* no worker can be had: see mapper_failure */
};

struct mapper;

/* Whether the prelude leaves members of this name out of what is stored. */
bool mapper_leaves_out(struct slice name);

/* The mapper belongs to the caller. What the config points to is borrowed. */
struct mapper *mapper_new(const struct mapper_config *);
void mapper_free(struct mapper *);

/*
 * Compile the user's mappings. 0, or an exit status with a line in `why`: 78 if
 * one of them does not compile, else as mapper_failure.
 */
int mapper_compile(struct mapper *, struct buf *why);

enum mapper_outcome mapper_map(
    struct mapper *, const struct mapper_capture *, struct mapper_result *);

/*
 * After MAPPER_BROKEN: a line in `why`, and the exit status, 71 if out of
 * memory, else 69.
 */
int mapper_failure(const struct mapper *, struct buf *why);

#endif
