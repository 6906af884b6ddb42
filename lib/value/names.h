/*
 * The names of members, interned: equal names are one pointer, so that looking
 * up a member compares pointers.
 *
 * Names of programs, and the first few thousand short ones that are read, last
 * as long as the table; others end with the run in which they were made.
 */
#ifndef SP_VALUE_NAMES_H
#define SP_VALUE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/slice.h"
#include "value/heap.h"

#define NAME_IDS 4096 /* of lasting names */

struct name {
	struct slice text; /* `"` is before it, `":` and zeros follow */
	uint32_t id;	   /* of a lasting name, from 0; else NAME_IDS */
	bool plain;	   /* in JSON, it is written without escapes */
};

/* Bytes that may be read after the text of a name. */
#define NAME_PAD 16

struct names;

struct names *names_new(void);
void names_free(struct names *);

/*
 * A lasting name, for a program; the text is copied. Not to be called within a
 * run. After half of NAME_IDS names of programs, more of them have no id.
 */
struct name *names_add(struct names *, struct slice text);

/* The name of a text, for the run of a heap; copied if it is new. */
struct name *names_of(struct names *, struct heap *, struct slice text);

/* Forget the names that end with the run; to be called as a run begins. */
void names_begin_run(struct names *);

#endif
