/*
 * The kinds of values that a mapping expects, as comments on lines of their own
 * declare them:
 *
 *	# shape: NAME:KIND[|KIND]... NAME[]:KIND...
 *		The kinds of the members of these names, at any depth, or with
 *		[] of their elements; each may be null.
 *
 * A value of another kind is odd: it is removed before the mapping runs, an
 * element of an array becomes null, and each is reported. So a mapping need
 * not check for them.
 */
#ifndef SP_MAP_TYPE_CHECK_H
#define SP_MAP_TYPE_CHECK_H

#include <stdbool.h>

#include "base/slice.h"
#include "value/heap.h"
#include "value/jq_value.h"
#include "value/json_reader.h"
#include "value/names.h"

struct expected_shape {
	bool declared; /* the text has such a line */
	struct expected_kinds kinds[NAME_IDS];
};

/* Read the comments of a text. False sets *why, a constant string. */
bool shape_parse(struct expected_shape *, struct names *, struct slice text,
    const char **why);

/* The names that shape_check needs. */
struct type_names {
	struct name *path, *reason;
};

/*
 * A value without its odd members, and with null for odd elements. `*odd` is an
 * array of objects: `path`, an array of names and indexes, and `reason`.
 */
struct jq_value type_check(const struct expected_shape *,
    const struct type_names *, struct heap *, struct jq_value,
    struct jq_value *odd);

#endif
