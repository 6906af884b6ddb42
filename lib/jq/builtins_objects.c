/* Functions of any value, and of objects. */
#include "jq/builtins.h"

#include <math.h>

#include "jq/machine.h"
#include "jq/operators.h"

BUILTIN(type)
{
	in = jq_string(slice_of(jq_kind_name(in)));
	in.plain = true;
	return in;
}

BUILTIN(length)
{
	switch (in.kind) {
	case JQ_NULL: return jq_number(0);
	case JQ_NUMBER: return jq_number(fabs(in.number));
	case JQ_STRING: return jq_number(string_length(jq_slice(in)));
	case JQ_ARRAY:
	case JQ_OBJECT: return jq_number(in.n);
	default:
		return machine_error(m, "%s (%s) has no length",
		    jq_kind_name(in), machine_quote(m, in));
	}
}

/* An object's names, or an array's indexes. */
static struct jq_value names_or_indexes(
    struct machine *m, struct jq_value in, const uint32_t *order)
{
	struct jq_value all = jq_array(m->heap, in.n);

	for (uint32_t i = 0; i < in.n; i++) {
		struct jq_value v = jq_number(i);

		if (in.kind == JQ_OBJECT) {
			struct name *name =
			    in.object->members[order ? order[i] : i].name;

			v = jq_string(name->text);
			v.plain = name->plain;
		}
		all = jq_array_append(m->heap, all, v);
	}
	return all;
}

static struct jq_value has_no_keys(struct machine *m, struct jq_value in)
{
	return machine_error(
	    m, "%s (%s) has no keys", jq_kind_name(in), machine_quote(m, in));
}

BUILTIN(keys)
{
	if (in.kind == JQ_OBJECT)
		return names_or_indexes(m, in, jq_object_order(m->heap, in));
	if (in.kind == JQ_ARRAY)
		return names_or_indexes(m, in, NULL);
	return has_no_keys(m, in);
}

BUILTIN(keys_unsorted)
{
	if (in.kind != JQ_OBJECT && in.kind != JQ_ARRAY)
		return has_no_keys(m, in);
	return names_or_indexes(m, in, NULL);
}

BUILTIN(has)
{
	struct jq_value key = *a;
	bool found;

	if (in.kind == JQ_OBJECT && key.kind == JQ_STRING)
		found = jq_object_find(
			    in, names_of(m->names, m->heap, jq_slice(key)))
			    .kind != JQ_NONE;
	else if (in.kind == JQ_ARRAY && key.kind == JQ_NUMBER)
		found = in.n > 0 && key.number > -1 && key.number < in.n;
	else if (in.kind == JQ_NULL)
		found = false;
	else
		return machine_error(m, "Cannot check whether %s has a %s key",
		    jq_kind_name(in), jq_kind_name(key));
	return jq_bool(found);
}

static bool contains(struct machine *m, struct jq_value a, struct jq_value b);

static bool some_contains(
    struct machine *m, struct jq_value a, struct jq_value element)
{
	for (uint32_t i = 0; i < a.n; i++)
		if (contains(m, a.array->items[i], element))
			return true;
	return false;
}

static bool contains_all(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	for (uint32_t i = 0; i < b.n; i++) {
		struct jq_value part;

		if (b.kind == JQ_ARRAY) {
			if (!some_contains(m, a, b.array->items[i]))
				return false;
			continue;
		}
		part = jq_object_find(a, b.object->members[i].name);
		if (part.kind == JQ_NONE ||
		    !contains(m, part, b.object->members[i].value))
			return false;
	}
	return true;
}

/* Whether b's parts are in a. */
static bool contains(struct machine *m, struct jq_value a, struct jq_value b)
{
	heap_tick(m->heap);
	heap_check_stack(m->heap);
	if (a.kind != b.kind)
		return false;
	if (a.kind == JQ_ARRAY || a.kind == JQ_OBJECT)
		return contains_all(m, a, b);
	if (a.kind == JQ_STRING)
		return slice_find(jq_slice(a), jq_slice(b)).p != NULL;
	return jq_equal(m->heap, a, b);
}

BUILTIN(contains_value)
{
	if (in.kind != a->kind)
		return machine_error(m,
		    "%s (%s) and %s (%s) cannot have their containment "
		    "checked",
		    jq_kind_name(in), machine_quote(m, in), jq_kind_name(*a),
		    machine_quote(m, *a));
	return jq_bool(contains(m, in, *a));
}

BUILTIN(tojson)
{
	return machine_json(m, in);
}

BUILTIN(tostring)
{
	return machine_text(m, in);
}

const struct builtin builtins_objects[] = {
    {.name = "contains", .arity = 1, .call = contains_value},
    {.name = "has", .arity = 1, .call = has},
    {.name = "keys", .call = keys},
    {.name = "keys_unsorted", .call = keys_unsorted},
    {.name = "length", .call = length},
    {.name = "tojson", .call = tojson},
    {.name = "tostring", .call = tostring},
    {.name = "type", .call = type},
    {0},
};
