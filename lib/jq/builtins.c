#include "jq/builtins.h"

#include "base/array.h"

const struct builtin *builtin_of(struct slice name, uint32_t arity)
{
	static const struct builtin *const subjects[] = {builtins_arrays,
	    builtins_flow, builtins_numbers, builtins_objects, builtins_paths,
	    builtins_strings};

	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		for (const struct builtin *b = subjects[i]; b->name; b++)
			if (b->arity == arity && slice_is(name, b->name))
				return b;
	return NULL;
}
