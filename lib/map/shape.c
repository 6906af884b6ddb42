#include "map/shape.h"

#include <stdio.h>

struct cleaning {
	const struct hints *hints;
	jv path;
	jv odd;
};

/* Whether a number is whole and not negative; those past 2^53 all are whole. */
static bool is_count(double d)
{
	return d >= 0 && (d >= 9007199254740992.0 || d == (double)(int64_t)d);
}

static unsigned kind_of(jv v)
{
	double d;

	switch (jv_get_kind(v)) {
	case JV_KIND_OBJECT: return HINT_OBJECT;
	case JV_KIND_ARRAY: return HINT_ARRAY;
	case JV_KIND_STRING: return HINT_STRING | HINT_TEXT | HINT_DATE;
	case JV_KIND_TRUE:
	case JV_KIND_FALSE: return HINT_BOOLEAN;
	case JV_KIND_NUMBER:
		d = jv_number_value(v);
		return HINT_NUMBER | HINT_LENGTH |
		       (is_count(d) ? HINT_COUNT : 0);
	default: return 0;
	}
}

/* Whether a value, borrowed, is what it should be; if not, it is noted. */
static bool check(struct cleaning *c, jv v, unsigned wanted)
{
	unsigned kind = kind_of(v);
	char reason[80];
	jv entry;

	if (!wanted || jv_get_kind(v) == JV_KIND_NULL || (kind & wanted))
		return true;
	snprintf(reason, sizeof(reason), "is %s, not %s", hint_kind_name(kind),
	    hint_kind_name(wanted));
	entry = jv_object_set(jv_object(), jv_string("path"), jv_copy(c->path));
	entry = jv_object_set(entry, jv_string("reason"), jv_string(reason));
	c->odd = jv_array_append(c->odd, entry);
	return false;
}

static jv clean(struct cleaning *c, jv v, unsigned elements);

/* Go down to a child, consumed, by its name or index. */
static jv descend(struct cleaning *c, jv step, jv child, unsigned elements)
{
	int depth = jv_array_length(jv_copy(c->path));

	c->path = jv_array_append(c->path, step);
	child = clean(c, child, elements);
	c->path = jv_array_slice(c->path, 0, depth);
	return child;
}

static bool check_child(struct cleaning *c, jv step, jv child, unsigned wanted)
{
	int depth = jv_array_length(jv_copy(c->path));
	bool ok;

	c->path = jv_array_append(c->path, step);
	ok = check(c, child, wanted);
	c->path = jv_array_slice(c->path, 0, depth);
	return ok;
}

static jv clean_member(struct cleaning *c, jv object, jv name)
{
	struct slice s = {jv_string_value(name),
	    (size_t)jv_string_length_bytes(jv_copy(name))};
	const struct hint_shape *shape = hints_shape(c->hints, s);
	jv value = jv_object_get(jv_copy(object), jv_copy(name));

	if (hints_has(&c->hints->skip, s)) {
		jv_free(value);
		jv_free(name);
		return object;
	}
	if (shape && !check_child(c, jv_copy(name), value, shape->kinds)) {
		jv_free(value);
		return jv_object_delete(object, name);
	}
	value = descend(c, jv_copy(name), value, shape ? shape->elements : 0);
	return jv_object_set(object, name, value);
}

static jv clean_element(struct cleaning *c, jv array, int i, unsigned wanted)
{
	jv value = jv_array_get(jv_copy(array), i);

	if (check_child(c, jv_number(i), value, wanted))
		return jv_array_set(
		    array, i, descend(c, jv_number(i), value, 0));
	jv_free(value);
	return jv_array_set(array, i, jv_null());
}

/* Clean what a value, consumed, holds. */
static jv clean(struct cleaning *c, jv v, unsigned elements)
{
	if (jv_get_kind(v) == JV_KIND_OBJECT) {
		jv names = jv_keys_unsorted(jv_copy(v));
		int n = jv_array_length(jv_copy(names));

		for (int i = 0; i < n; i++)
			v = clean_member(c, v, jv_array_get(jv_copy(names), i));
		jv_free(names);
	} else if (jv_get_kind(v) == JV_KIND_ARRAY) {
		int n = jv_array_length(jv_copy(v));

		for (int i = 0; i < n; i++)
			v = clean_element(c, v, i, elements);
	}
	return v;
}

jv shape_clean(const struct hints *hints, jv value, jv *odd)
{
	struct cleaning c = {hints, jv_array(), jv_array()};

	value = clean(&c, value, 0);
	jv_free(c.path);
	*odd = c.odd;
	return value;
}
