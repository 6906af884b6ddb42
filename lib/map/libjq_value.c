#include "map/libjq_value.h"

#include <math.h>

#include "value/json_writer.h"

static jv string_of(struct slice s)
{
	return jv_string_sized(s.n ? s.p : "", (int)s.n);
}

static jv array_of(struct jq_value v)
{
	jv array = jv_array_sized((int)v.n);

	for (uint32_t i = 0; i < v.n; i++)
		array = jv_array_append(array, libjq_value(v.array->items[i]));
	return array;
}

static jv object_of(struct jq_value v)
{
	jv object = jv_object();

	for (uint32_t i = 0; i < v.n; i++) {
		const struct jq_member *m = &v.object->members[i];

		object = jv_object_set(
		    object, string_of(m->name->text), libjq_value(m->value));
	}
	return object;
}

jv libjq_value(struct jq_value v)
{
	switch (v.kind) {
	case JQ_FALSE: return jv_false();
	case JQ_TRUE: return jv_true();
	case JQ_NUMBER: return jv_number(v.number);
	case JQ_STRING: return string_of(jq_slice(v));
	case JQ_ARRAY: return array_of(v);
	case JQ_OBJECT: return object_of(v);
	default: return jv_null();
	}
}

struct slice libjq_value_slice(jv string)
{
	return (struct slice){jv_string_value(string),
	    (size_t)jv_string_length_bytes(jv_copy(string))};
}

static void put_string(struct buf *b, jv string)
{
	json_write_string(b, jq_string(libjq_value_slice(string)));
}

static const char *put_value(struct buf *, jv, unsigned depth);

static const char *put_object(struct buf *b, jv v, unsigned depth)
{
	const char *wrong = NULL;
	char before = '{';

	for (int i = jv_object_iter(v); !wrong && jv_object_iter_valid(v, i);
	     i = jv_object_iter_next(v, i)) {
		jv name = jv_object_iter_key(v, i);
		jv member = jv_object_iter_value(v, i);

		buf_putc(b, before);
		before = ',';
		put_string(b, name);
		buf_putc(b, ':');
		wrong = put_value(b, member, depth);
		jv_free(name);
		jv_free(member);
	}
	if (before == '{')
		buf_putc(b, before);
	buf_putc(b, '}');
	return wrong;
}

static const char *put_array(struct buf *b, jv v, unsigned depth)
{
	int n = jv_array_length(jv_copy(v));
	const char *wrong = NULL;

	buf_putc(b, '[');
	for (int i = 0; i < n && !wrong; i++) {
		jv element = jv_array_get(jv_copy(v), i);

		if (i > 0)
			buf_putc(b, ',');
		wrong = put_value(b, element, depth);
		jv_free(element);
	}
	buf_putc(b, ']');
	return wrong;
}

static const char *put_number(struct buf *b, double d)
{
	if (isnan(d) || isinf(d))
		return "a number that JSON cannot write";
	json_write_number(b, d);
	return NULL;
}

static const char *put_value(struct buf *b, jv v, unsigned depth)
{
	jv_kind kind = jv_get_kind(v);

	if (depth == WRITER_DEPTH_MAX &&
	    (kind == JV_KIND_ARRAY || kind == JV_KIND_OBJECT))
		return "nested too deep";
	switch (kind) {
	case JV_KIND_NULL: buf_puts(b, "null"); break;
	case JV_KIND_FALSE: buf_puts(b, "false"); break;
	case JV_KIND_TRUE: buf_puts(b, "true"); break;
	case JV_KIND_NUMBER: return put_number(b, jv_number_value(v));
	case JV_KIND_STRING: put_string(b, v); break;
	case JV_KIND_ARRAY: return put_array(b, v, depth + 1);
	case JV_KIND_OBJECT: return put_object(b, v, depth + 1);
	case JV_KIND_INVALID: return "no value";
	}
	return b->failed ? "too much" : NULL;
}

const char *libjq_value_write(struct buf *b, jv v)
{
	return put_value(b, v, 0);
}
