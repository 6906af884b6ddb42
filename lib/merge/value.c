#include "merge/value.h"

struct value value_read(sqlite3_stmt *s, int column)
{
	struct value v = VALUE_NONE;
	const void *p;

	switch (sqlite3_column_type(s, column)) {
	case SQLITE_INTEGER:
		v.type = VALUE_INT;
		v.integer = sqlite3_column_int64(s, column);
		break;
	case SQLITE_FLOAT:
		v.type = VALUE_REAL;
		v.real = sqlite3_column_double(s, column);
		break;
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		p = sqlite3_column_blob(s, column);
		v = value_text((struct slice){
		    p ? p : "", (size_t)sqlite3_column_bytes(s, column)});
		break;
	default: break;
	}
	return v;
}

static int cmp_numbers(const struct value *a, const struct value *b)
{
	double x, y;

	if (a->type == VALUE_INT && b->type == VALUE_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	x = a->type == VALUE_INT ? (double)a->integer : a->real;
	y = b->type == VALUE_INT ? (double)b->integer : b->real;
	if (x < y || x > y)
		return x < y ? -1 : 1;
	/* Equal as doubles: compare exactly. */
	return (a->type > b->type) - (a->type < b->type);
}

int value_cmp(const struct value *a, const struct value *b)
{
	bool text_a = a->type == VALUE_TEXT, text_b = b->type == VALUE_TEXT;

	if (a->type == VALUE_NULL || b->type == VALUE_NULL)
		return (a->type != VALUE_NULL) - (b->type != VALUE_NULL);
	if (text_a != text_b)
		return text_a - text_b;
	return text_a ? slice_cmp(a->text, b->text) : cmp_numbers(a, b);
}
