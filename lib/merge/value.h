/* A column's value, as observed or as stored in the database. */
#ifndef SP_MERGE_VALUE_H
#define SP_MERGE_VALUE_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/slice.h"

/* In SQLite's order of values of different types. */
enum value_type { VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT };

/* Text is borrowed. */
struct value {
	enum value_type type;
	unsigned column; /* of an observation: the index of its column */
	union {
		int64_t integer;
		double real;
		struct slice text;
	};
};

#define VALUE_NONE ((struct value){.type = VALUE_NULL})

static inline struct value value_text(struct slice text)
{
	struct value v = {.type = text.p ? VALUE_TEXT : VALUE_NULL};

	v.text = text;
	return v;
}

/* The text of a value; p == NULL where it is none. */
static inline struct slice value_slice(const struct value *v)
{
	return v->type == VALUE_TEXT ? v->text : (struct slice){NULL, 0};
}

/* A column of a result, from 0; its text is borrowed from the statement. */
struct value value_read(sqlite3_stmt *, int column);

/*
 * The order in which ties are broken: NULL, then numbers, then text by its
 * bytes. <0, 0, >0.
 */
int value_cmp(const struct value *, const struct value *);

#endif
