#include "map/type_check.h"

#include <stdio.h>

#include "map/jqvalue.h"

struct type_check {
	const struct declarations *declared;
	jv path;	 /* of the value that is being checked */
	jv odd;		 /* found so far */
	unsigned inside; /* of what that value is, as in map/declarations.h */
};

/* Whether a number is whole and not negative; past 2^53, all are whole. */
static bool is_count(double d)
{
	return d >= 0 && (d >= 9007199254740992.0 || d == (double)(int64_t)d);
}

static unsigned kinds_of(jv v)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_OBJECT: return KIND_OBJECT;
	case JV_KIND_ARRAY: return KIND_ARRAY;
	case JV_KIND_STRING: return KIND_STRING | KIND_TEXT | KIND_DATE;
	case JV_KIND_TRUE:
	case JV_KIND_FALSE: return KIND_BOOLEAN;
	case JV_KIND_NUMBER:
		return KIND_NUMBER | KIND_LENGTH |
		       (is_count(jv_number_value(v)) ? KIND_COUNT : 0);
	default: return 0;
	}
}

static void report(struct type_check *c, unsigned kinds, unsigned declared)
{
	char reason[80];
	jv entry = jv_object();

	snprintf(reason, sizeof(reason), "is %s, not %s",
	    value_kind_name(kinds), value_kind_name(declared));
	entry = jv_object_set(entry, jv_string("path"), jv_copy(c->path));
	entry = jv_object_set(entry, jv_string("reason"), jv_string(reason));
	c->odd = jv_array_append(c->odd, entry);
}

static jv check_inside(struct type_check *c, jv v, unsigned elements);

/*
 * Check a member or an element, consumed, whose name or index is `step`:
 * invalid if it is odd, else without what is odd in it.
 */
static jv check_child(
    struct type_check *c, jv step, jv child, unsigned kinds, unsigned elements)
{
	unsigned kind = kinds_of(child);
	int depth = jv_array_length(jv_copy(c->path));

	c->path = jv_array_append(c->path, step);
	if (!kinds || jv_get_kind(child) == JV_KIND_NULL || (kind & kinds)) {
		child = check_inside(c, child, elements);
	} else {
		report(c, kind, kinds);
		jv_free(child);
		child = jv_invalid();
	}
	c->path = jv_array_slice(c->path, 0, depth);
	return child;
}

static jv check_member(struct type_check *c, jv object, jv name)
{
	struct slice s = jqvalue_slice(name);
	const struct declared_shape *shape = declared_shape(c->declared, s);
	unsigned inside = c->inside;
	jv value;

	if (declared_skip(c->declared, s) & inside) {
		jv_free(name);
		return object;
	}
	c->inside |= declared_inside(c->declared, s);
	value = check_child(c, jv_copy(name),
	    jv_object_get(jv_copy(object), jv_copy(name)),
	    shape ? shape->kinds : 0, shape ? shape->elements : 0);
	c->inside = inside;
	return jv_is_valid(value) ? jv_object_set(object, name, value)
				  : jv_object_delete(object, name);
}

static jv check_element(struct type_check *c, jv array, int i, unsigned kinds)
{
	jv value = check_child(
	    c, jv_number(i), jv_array_get(jv_copy(array), i), kinds, 0);

	return jv_array_set(array, i, jv_is_valid(value) ? value : jv_null());
}

/* Check the members or elements of a value, consumed. */
static jv check_inside(struct type_check *c, jv v, unsigned elements)
{
	if (jv_get_kind(v) == JV_KIND_OBJECT) {
		jv names = jv_keys_unsorted(jv_copy(v));
		int n = jv_array_length(jv_copy(names));

		for (int i = 0; i < n; i++)
			v = check_member(c, v, jv_array_get(jv_copy(names), i));
		jv_free(names);
	} else if (jv_get_kind(v) == JV_KIND_ARRAY) {
		int n = jv_array_length(jv_copy(v));

		for (int i = 0; i < n; i++)
			v = check_element(c, v, i, elements);
	}
	return v;
}

jv type_check(const struct declarations *declared, jv value, jv *odd)
{
	struct type_check c = {
	    declared, jv_array(), jv_array(), INSIDE_ANYTHING};

	value = check_inside(&c, value, 0);
	jv_free(c.path);
	*odd = c.odd;
	return value;
}
