/*
 * Files that are built into the programs: the mappings of lib/filters, the
 * schema of lib/schema and lib/jq/builtins.jq. The tables are made by
 * lib/embed.sh.
 */
#ifndef SP_BASE_BUILTIN_H
#define SP_BASE_BUILTIN_H

#include <stddef.h>

#include "base/slice.h"

struct builtin_file {
	const char *name; /* the file's name without its suffix */
	const char *text; /* NUL-terminated */
	size_t len;
};

/* Each table ends with a NULL name. */
extern const struct builtin_file builtin_filters[];
extern const struct builtin_file builtin_jq[];
extern const struct builtin_file builtin_schema[];

/* The file of that name in one of the tables, or NULL. */
static inline const struct builtin_file *builtin_find(
    const struct builtin_file table[], struct slice name)
{
	for (const struct builtin_file *f = table; f->name; f++)
		if (slice_is(name, f->name))
			return f;
	return NULL;
}

#endif
