/* The definitions that every mapping can use, filters/prelude.jq. */
#ifndef SP_MAP_PRELUDE_H
#define SP_MAP_PRELUDE_H

#include "base/builtin.h"
#include "base/slice.h"

static inline struct slice prelude_text(void)
{
	const struct builtin_file *f =
	    builtin_find(builtin_filters, SLICE("prelude"));

	return (struct slice){f ? f->text : NULL, f ? f->len : 0};
}

#endif
