/*
 * Hints: what the comments at the head of a mapping declare, so that it runs
 * faster with the same result:
 *
 *	# skip: NAME...
 *		Members of these names, at any depth, are never read: the
 *		mapping gets its capture without them.
 *	# shape: NAME:KIND[|KIND]... NAME[]:KIND...
 *		What the members of these names are, at any depth, or with []
 *		their elements; each may be null. What is of another kind is
 *		odd: it is refused by itself, see map/shape.h. Unlike the
 *		others, this one is part of what the mapping means.
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

/* Kinds of values; any of several. */
enum hint_kind {
	HINT_OBJECT = 1,
	HINT_ARRAY = 2,
	HINT_STRING = 4,
	HINT_TEXT = 8, /* a string; "" is read as null */
	HINT_BOOLEAN = 16,
	HINT_NUMBER = 32,
	HINT_LENGTH = 64, /* a number; 0 is read as null */
	HINT_COUNT = 128, /* a whole number from 0 */
	HINT_DATE = 256	  /* a string; "", 0 and the year 0 are read as null */
};

struct hint_shape {
	struct slice name;
	unsigned kinds;	   /* of a member; 0 for any */
	unsigned elements; /* of its elements, if it is an array */
};

struct hint_names {
	struct slice name[HINTS_NAMES_MAX];
	size_t count;
};

struct hints {
	struct hint_names skip;
	struct hint_names keep;
	struct hint_shape shape[HINTS_NAMES_MAX];
	size_t shape_count;
	struct slice
	    path[HINTS_PATH_MAX]; /* of the unit; "[]" is any element */
	size_t path_len;	  /* 0 if no unit is declared */
	struct slice defs;	  /* the text before `# main` */
};

/* Read the head of a mapping; false sets *why, a constant string. */
bool hints_parse(struct hints *, struct slice text, const char **why);

bool hints_has(const struct hint_names *, struct slice name);

/* What members of a name are; NULL if nothing is declared of them. */
const struct hint_shape *hints_shape(const struct hints *, struct slice name);

/* The name of a kind, the first of several, with its article. */
const char *hint_kind_name(unsigned kinds);

#endif
