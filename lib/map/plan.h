/*
 * What the comments at the head of a mapping declare about it, so that it
 * can be run faster and to the same effect:
 *
 *	# skip: NAME...
 *		Members of these names, at any depth, are never read: the
 *		mapping is given its capture without them.
 *	# unit: .PATH[].NAME
 *	# keep: NAME...
 *		The mapping is `def unit: ...; def rest: ...;`, then a line
 *		`# main`, then what amounts to `(.PATH[].NAME | unit), rest`.
 *		`unit` depends on nothing but its input, and gives nothing
 *		for null; `rest` reads only the named members of a unit.
 *
 * A plan owns nothing: its names are slices of the mapping's text.
 */
#ifndef SP_MAP_PLAN_H
#define SP_MAP_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define PLAN_NAMES_MAX 64
#define PLAN_NAME_LEN 40
#define PLAN_PATH_MAX 8

struct plan_names {
	struct slice name[PLAN_NAMES_MAX];
	size_t count;
};

struct plan {
	struct plan_names skip;
	struct plan_names keep;
	struct slice path[PLAN_PATH_MAX]; /* of the unit; "[]" is any element */
	size_t path_len;		  /* 0 if no unit is declared */
	struct slice defs;		  /* the text before `# main` */
};

/* Read the head of a mapping; false sets *why, a constant string. */
bool plan_parse(struct plan *, struct slice text, const char **why);

bool plan_has(const struct plan_names *, struct slice name);

#endif
