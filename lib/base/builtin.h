/*
 * Files that are built into the programs: the mappings of lib/filters and
 * the schema of lib/schema. The tables are made by lib/embed.sh.
 */
#ifndef SP_BASE_BUILTIN_H
#define SP_BASE_BUILTIN_H

#include <stddef.h>

struct builtin_file {
	const char *name; /* the file's name without its suffix */
	const char *text; /* NUL-terminated */
	size_t len;
};

/* Both tables end with a NULL name. */
extern const struct builtin_file builtin_filters[];
extern const struct builtin_file builtin_schema[];

#endif
