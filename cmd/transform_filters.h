/*
 * The mappings of sp-transform: the built-in ones, and the filters that are
 * given with -f. What is wrong with a name or a file ends the program.
 */
#ifndef SP_CMD_TRANSFORM_FILTERS_H
#define SP_CMD_TRANSFORM_FILTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "map/mapper.h"

#define FILTERS_MAX 64

/* The filters of -f. All zeros is none. */
struct filter_set {
	struct mapper_filter list[FILTERS_MAX];
	struct buf texts[FILTERS_MAX]; /* of the files */
	size_t count;
};

/*
 * Add a filter: FILE, for all endpoints that have none of their own, or
 * ENDPOINT=FILE. What has a slash before its first `=` is a file.
 */
void filter_set_add(struct filter_set *, const char *arg);

/* Read all files. */
void filter_set_read(struct filter_set *);
void filter_set_release(struct filter_set *);

/* Whether one of the filters maps the captures of an endpoint. */
bool filter_set_maps(const struct filter_set *, struct slice endpoint);

/* The file of the filter for all other endpoints; NULL if there is none. */
const char *filter_set_general(const struct filter_set *);

/* Whether an endpoint has a built-in mapping. */
bool mapping_is_builtin(struct slice endpoint);

/* The name of an endpoint, from its own or that of its job. */
struct slice mapping_endpoint(const char *name, size_t n);

/* Die of a name that no endpoint with a mapping has. */
_Noreturn void mapping_unknown(const char *where, struct slice name);

/* --print-filter and --list-filters: the exit status. */
int mapping_print(const char *name);
int mapping_list(void);

#endif
