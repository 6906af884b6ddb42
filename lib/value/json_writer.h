/*
 * Writes values as JSON text: members in their order, no white space.
 */
#ifndef SP_VALUE_JSON_WRITER_H
#define SP_VALUE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "value/jq_value.h"

#define WRITER_DEPTH_MAX 512 /* arrays and objects, as deep as is read */

/* How a value is written; all zeros for the plain way. */
struct json_style {
	struct heap *heap; /* of `sorted` */
	bool drop_nulls;   /* leave out null members of the value itself */
	bool sorted;	   /* the members of all objects by their names */
	bool jq_numbers;   /* as json_write_jq_number */
	unsigned around;   /* arrays and objects that the value will be in */

	/* Leave out members of the value itself; or NULL. */
	bool (*leaves_out)(void *ctx, const struct name *);
	void *ctx;
};

/*
 * Append a value. NULL, or what is wrong with it, a constant string: a number
 * that JSON cannot write, or nesting deeper than WRITER_DEPTH_MAX. A full buf
 * is left to the caller.
 */
const char *json_write(
    struct buf *, struct jq_value, const struct json_style *);

/*
 * Append a number: a whole one up to 2^53 as an integer, another with 15 to 17
 * digits, the fewest that read back as the same double. It is neither NaN nor
 * infinite.
 */
void json_write_number(struct buf *, double);

/*
 * Append a number as jq prints it: all digits of large ones, which have no
 * exponent if they have many digits; NaN as null, the infinities as the
 * greatest numbers.
 */
void json_write_jq_number(struct buf *, double);

/* Append a string, quoted. */
void json_write_string(struct buf *, struct jq_value);

#endif
