/*
 * The engine: compiles mappings, and runs them on captures. This header is all
 * that a worker knows of it. What is behind it works with libjq: filter,
 * jqvalue, rows, type_check. Another engine has the same functions.
 *
 * An engine runs in a worker process, as a mapping may abort, never end, or use
 * up all memory; it lasts as long as that process, and is not freed.
 */
#ifndef SP_MAP_ENGINE_H
#define SP_MAP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "map/declarations.h"

/* Readable bytes that must follow the text of a capture. */
#define ENGINE_PAD 64

struct engine_config {
	size_t memory; /* bytes that the process may use: bounds the caches */
	bool optimize; /* use what mappings declare, map/declarations.h */
	struct name_list include; /* members to store, of engine_leaves_out */

	/* Called with the JSON text of each `debug`. */
	void (*debug)(void *ctx, struct slice json);
	void *ctx;
};

struct engine_capture {
	struct slice endpoint; /* which selects the mapping; may be empty */
	struct slice suffix;   /* what ends each row: `,"at":"..."}`, or `}` */
	struct slice line;     /* the capture, checked JSON */
	bool with_body;	       /* its status is 2xx */
};

struct engine_result {
	struct slice rows;	  /* lines, each ended by a newline */
	struct slice part_errors; /* lines: a place or nothing, tab, reason */
};

struct engine;

/* Whether the prelude leaves members of this name out of what is stored. */
bool engine_leaves_out(struct slice name);

/* The engine belongs to the caller; the config is copied. */
struct engine *engine_new(const struct engine_config *);

/*
 * Compile a mapping of the user's own, which goes before the built-in ones, for
 * an endpoint, or with p == NULL for all that have none of their own. Name and
 * text are borrowed. False leaves the compiler's message in `why`, one line.
 */
bool engine_add(
    struct engine *, struct slice endpoint, struct slice text, struct buf *why);

/*
 * Map a capture; the result is valid until the next call. False leaves the
 * reason in `why`, one line.
 */
bool engine_map(struct engine *, const struct engine_capture *,
    struct engine_result *, struct buf *why);

#endif
