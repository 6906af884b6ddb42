#include "endpoint_list.h"

#include <string.h>

#include "base/builtin.h"

static bool endpoint_at(size_t i, struct cli_name *name)
{
	const struct builtin_file *f = builtin_filters;

	for (; f->name; f++)
		if (strcmp(f->name, "prelude") != 0 && i-- == 0)
			break;
	*name = (struct cli_name){f->name, NULL};
	return f->name;
}

const struct cli_list endpoint_list[] = {
    {"Endpoints", "ENDPOINT", endpoint_at},
    {NULL, NULL, NULL},
};
