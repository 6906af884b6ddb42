/* Arrays in order. */
#ifndef SP_JQ_SORTING_H
#define SP_JQ_SORTING_H

#include <stdint.h>

#include "value/jq_value.h"
#include "jq/machine.h"

/* An element, and the value it is sorted by. */
struct sortable {
	struct jq_value key, value;
};

/* Sort by the keys; what is equal stays in its order. */
void sort_stable(struct heap *, struct sortable *, uint32_t n);

/* An array, sorted. */
struct jq_value sorted(struct machine *, struct jq_value array);

#endif
