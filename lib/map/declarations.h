/*
 * What the comments at the head of a mapping declare:
 *
 *	# skip: NAME... OBJECT.NAME...
 *		The mapping reads no member of these names, at any depth; or
 *		none inside of the members, or elements of the members, OBJECT.
 *	# shape: NAME:KIND[|KIND]... NAME[]:KIND...
 *		The kinds of the members of these names, at any depth, or with
 *		[] of their elements; each may be null. A value of another
 *		kind is odd: see map/type_check.h.
 *	# unit: .PATH[].NAME
 *	# keep: NAME...
 *		The mapping is `def unit: ...; def rest: ...;`, then a line
 *		`# main`, then what amounts to `(.PATH[].NAME | unit), rest`.
 *		`unit` depends on nothing but its input, and outputs nothing
 *		for null; `rest` reads only the named members of a unit.
 *
 * Only `shape` is part of what a mapping means. The others let it run faster,
 * with the same rows.
 *
 * The struct owns nothing: its names are slices of the mapping's text.
 */
#ifndef SP_MAP_DECLARATIONS_H
#define SP_MAP_DECLARATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define DECLARED_NAMES_MAX 64
#define DECLARED_NAME_LEN 40
#define DECLARED_PATH_MAX 8

/* Kinds of values, as bits. */
enum value_kind {
	KIND_OBJECT = 1,
	KIND_ARRAY = 2,
	KIND_STRING = 4,
	KIND_TEXT = 8, /* a string; "" is read as null */
	KIND_BOOLEAN = 16,
	KIND_NUMBER = 32,
	KIND_LENGTH = 64, /* a number; 0 is read as null */
	KIND_COUNT = 128, /* a whole number from 0 */
	KIND_DATE = 256	  /* a string; "", 0 and the year 0 are read as null */
};

struct declared_shape {
	struct slice name;
	unsigned kinds;	   /* of a member; 0 for any */
	unsigned elements; /* kinds of its elements; 0 for any */
};

struct name_list {
	struct slice name[DECLARED_NAMES_MAX];
	size_t count;
};

/* Where something is, as bits: anywhere, or inside of declared members. */
#define INSIDE_ANYTHING 1u
#define DECLARED_INSIDE_MAX 15

struct declared_skip {
	struct slice name;
	unsigned inside; /* of any of these, it is skipped */
};

struct declarations {
	struct declared_skip skip[DECLARED_NAMES_MAX];
	size_t skip_count;
	struct name_list inside; /* OBJECT: the nth has the bit n + 1 */
	struct name_list keep;
	struct declared_shape shape[DECLARED_NAMES_MAX];
	size_t shape_count;
	struct slice path[DECLARED_PATH_MAX]; /* of units; "[]" is an element */
	size_t path_len;		      /* 0 without units */
	struct slice definitions;	      /* the text before `# main` */
};

/* Parse the head of a mapping. False sets *why, a constant string. */
bool declarations_parse(
    struct declarations *, struct slice text, const char **why);

/* Inside of what a name is skipped; 0 for nowhere. */
unsigned declared_skip(const struct declarations *, struct slice name);

/* The bit of what is inside of a member of this name; 0 if it has none. */
unsigned declared_inside(const struct declarations *, struct slice name);

/* Do not skip a name any more, except inside of what is declared with it. */
void declarations_read(struct declarations *, struct slice name);

bool name_list_has(const struct name_list *, struct slice name);

/* The declared shape of a name; NULL if there is none. */
const struct declared_shape *declared_shape(
    const struct declarations *, struct slice name);

/* The first of some kinds for users, with its article; "null" for none. */
const char *value_kind_name(unsigned kinds);

#endif
