/* Values of libjq: made of ours, and written as JSON. */
#ifndef SP_MAP_LIBJQ_VALUE_H
#define SP_MAP_LIBJQ_VALUE_H

#include <jv.h>

#include "base/buf.h"
#include "base/slice.h"
#include "value/jq_value.h"

/* The same value; it belongs to the caller. */
jv libjq_value(struct jq_value);

/*
 * Append a value, borrowed, as JSON text, its members in their order. NULL, or
 * what is wrong with it, a constant string.
 */
const char *libjq_value_write(struct buf *, jv);

/* The bytes of a string value, borrowed. */
struct slice libjq_value_slice(jv string);

#endif
