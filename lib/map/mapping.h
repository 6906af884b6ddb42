/*
 * The mappings: the user's own, and the built-in ones. What one needs to run in
 * this process is made when it is first needed.
 */
#ifndef SP_MAP_MAPPING_H
#define SP_MAP_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "value/names.h"
#include "map/type_check.h"

struct program;

enum mapper_engine {
	ENGINE_BY_MAPPING, /* libjq for users' mappings */
	ENGINE_OWN,
	ENGINE_LIBJQ
};

/* A mapping of the user's own. */
struct mapper_filter {
	struct slice endpoint; /* p == NULL for all that have none */
	const char *file;      /* its name, for messages */
	struct slice text;
};

struct mapping {
	struct slice endpoint; /* p == NULL for all that have no other */
	const char *file;      /* of the user's own; else NULL */
	struct slice text;
	bool in_libjq;
	struct expected_shape *shape; /* NULL until it is ready */
	struct program *program;      /* of our engine; the same */
};

struct mappings {
	struct mapping *list; /* the user's, the built-in ones, and one for all
				 other endpoints */
	size_t count;
	size_t filters; /* of the user */
};

/* The filters are borrowed. */
void mappings_init(struct mappings *, const struct mapper_filter *,
    size_t count, enum mapper_engine);
void mappings_release(struct mappings *);

/* The mapping of an endpoint. */
struct mapping *mappings_find(struct mappings *, struct slice endpoint);

/*
 * Make ready what runs in this process: the shape, and the program if it is not
 * for libjq. False leaves the reason in `why`, one line.
 */
bool mapping_prepare(struct mapping *, struct names *, struct buf *why);

/* Compile a text for our engine, after the prelude. NULL leaves the reason. */
struct program *mapping_compile(
    struct names *, struct slice text, struct buf *why);

#endif
