/*
 * Hints: what the comments at the head of a mapping declare, so that it runs
 * faster with the same result:
 *
 *	# skip: NAME...
 *		Members of these names, at any depth, are never read: the
 *		mapping gets its capture without them.
 *	# unit: .PATH[].NAME
 *	# keep: NAME...
 *		The mapping is `def unit: ...; def rest: ...;`, then a line
 *		`# main`, then what amounts to `(.PATH[].NAME | unit), rest`.
 *		`unit` depends on nothing but its input, and outputs nothing
 *		for null; `rest` reads only the named members of a unit.
 *
 * Hints own nothing: their names are slices of the mapping's text.
 */
#ifndef SP_MAP_HINTS_H
#define SP_MAP_HINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define HINTS_NAMES_MAX 64
#define HINTS_NAME_LEN 40
#define HINTS_PATH_MAX 8

struct hint_names {
	struct slice name[HINTS_NAMES_MAX];
	size_t count;
};

struct hints {
	struct hint_names skip;
	struct hint_names keep;
	struct slice
	    path[HINTS_PATH_MAX]; /* of the unit; "[]" is any element */
	size_t path_len;	  /* 0 if no unit is declared */
	struct slice defs;	  /* the text before `# main` */
};

/* Read the head of a mapping; false sets *why, a constant string. */
bool hints_parse(struct hints *, struct slice text, const char **why);

bool hints_has(const struct hint_names *, struct slice name);

#endif
