/* An observation: the values that one row record asserts. */
#ifndef SP_MERGE_OBSERVATION_H
#define SP_MERGE_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>

#include "merge/value.h"

/* The keys are always among the values, which are borrowed. */
struct observation {
	const struct value *values;
	unsigned count;
	bool removes; /* op "delete" */
};

/* The observed value of a column, or NULL. */
static inline const struct value *observation_column(
    const struct observation *obs, unsigned column)
{
	for (unsigned i = 0; i < obs->count; i++)
		if (obs->values[i].column == column)
			return &obs->values[i];
	return NULL;
}

#endif
