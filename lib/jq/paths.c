#include "jq/paths.h"

#include "jq/operators.h"
#include "jq/sorting.h"

#define INDEX_MAX 536870900 /* of an element, as in libjq */

struct jq_value paths_get(
    struct machine *m, struct jq_value v, struct jq_value path)
{
	if (path.kind != JQ_ARRAY)
		return machine_error(m, "Path must be specified as an array");
	for (uint32_t i = 0; i < path.n && v.kind != JQ_NONE; i++)
		v = operator_index(m, v, path.array->items[i]);
	return v;
}

/* With other elements in the place of start..end - 1. */
static struct jq_value splice(struct heap *h, struct jq_value a, uint32_t start,
    uint32_t end, struct jq_value b)
{
	struct jq_value all = jq_array(h, a.n - (end - start) + b.n);

	for (uint32_t i = 0; i < start; i++)
		all = jq_array_append(h, all, a.array->items[i]);
	for (uint32_t i = 0; i < b.n; i++)
		all = jq_array_append(h, all, b.array->items[i]);
	for (uint32_t i = end; i < a.n; i++)
		all = jq_array_append(h, all, a.array->items[i]);
	return all;
}

static struct jq_value set_slice(struct machine *m, struct jq_value a,
    struct jq_value key, struct jq_value v)
{
	struct jq_value from, until;
	uint32_t start, end;

	slice_key(m, key, &from, &until);
	if (!slice_bounds(m, from, until, a.n, &start, &end))
		return jq_none();
	if (v.kind != JQ_ARRAY)
		return machine_error(m, "A slice of an array can only be "
					"assigned another array");
	return splice(m->heap, a, start, end, v);
}

static struct jq_value set_element(
    struct machine *m, struct jq_value a, double index, struct jq_value v)
{
	int64_t i = array_index(index, a.n);

	if (i < 0)
		return machine_error(m, "Out of bounds negative array index");
	if (i > INDEX_MAX)
		return machine_error(m, "Array index too large");
	return jq_array_set(m->heap, a, (uint32_t)i, v);
}

/* With a value at a key; what is null becomes what the key wants. */
static struct jq_value set_key(struct machine *m, struct jq_value a,
    struct jq_value key, struct jq_value v)
{
	if (a.kind == JQ_NULL)
		a = key.kind == JQ_STRING ? jq_object(m->heap, 1)
					  : jq_array(m->heap, 0);
	if (a.kind == JQ_OBJECT && key.kind == JQ_STRING)
		return jq_object_set(
		    m->heap, a, names_of(m->names, m->heap, jq_slice(key)), v);
	if (a.kind == JQ_ARRAY && key.kind == JQ_NUMBER)
		return set_element(m, a, key.number, v);
	if (a.kind == JQ_ARRAY && key.kind == JQ_OBJECT)
		return set_slice(m, a, key, v);
	if (a.kind == JQ_STRING && key.kind == JQ_OBJECT)
		return machine_error(m, "Cannot update string slices");
	return machine_error(m, "Cannot update field at %s index of %s",
	    jq_kind_name(key), jq_kind_name(a));
}

static struct jq_value set(struct machine *m, struct jq_value a,
    const struct jq_value *path, uint32_t n, struct jq_value v)
{
	struct jq_value part;

	if (n == 0)
		return v;
	heap_check_stack(m->heap);
	part = operator_index(m, a, *path);
	if (part.kind != JQ_NONE)
		part = set(m, part, path + 1, n - 1, v);
	return part.kind == JQ_NONE ? part : set_key(m, a, *path, part);
}

struct jq_value paths_set(struct machine *m, struct jq_value a,
    struct jq_value path, struct jq_value v)
{
	if (path.kind != JQ_ARRAY)
		return machine_error(m, "Path must be specified as an array");
	return set(m, a, path.array->items, path.n, v);
}

/* Without members, whose names are keys. */
static struct jq_value delete_members(
    struct machine *m, struct jq_value object, struct jq_value keys)
{
	for (uint32_t i = 0; i < keys.n; i++) {
		struct jq_value key = keys.array->items[i];

		if (key.kind != JQ_STRING)
			return machine_error(m,
			    "Cannot delete %s field of object",
			    jq_kind_name(key));
		object = jq_object_delete(m->heap, object,
		    names_of(m->names, m->heap, jq_slice(key)));
	}
	return object;
}

/* Mark the elements that a key means. */
static bool mark(
    struct machine *m, struct jq_value array, struct jq_value key, bool *marked)
{
	struct jq_value from, until;
	uint32_t start = 0, end = 0;

	if (key.kind == JQ_NUMBER) {
		int64_t i = array_index(key.number, array.n);

		if (i >= 0 && i < array.n)
			marked[i] = true;
	} else if (key.kind == JQ_OBJECT) {
		slice_key(m, key, &from, &until);
		if (!slice_bounds(m, from, until, array.n, &start, &end))
			return false;
	} else {
		return machine_fail(
		    m, "Cannot delete %s element of array", jq_kind_name(key));
	}
	for (uint32_t i = start; i < end; i++)
		marked[i] = true;
	return true;
}

static struct jq_value delete_elements(
    struct machine *m, struct jq_value array, struct jq_value keys)
{
	bool *marked = heap_alloc(m->heap, array.n);
	struct jq_value rest = jq_array(m->heap, 0);

	memset(marked, 0, array.n);
	for (uint32_t i = 0; i < keys.n; i++)
		if (!mark(m, array, keys.array->items[i], marked))
			return jq_none();
	for (uint32_t i = 0; i < array.n; i++)
		if (!marked[i])
			rest = jq_array_append(
			    m->heap, rest, array.array->items[i]);
	return rest;
}

static struct jq_value delete_keys(
    struct machine *m, struct jq_value a, struct jq_value keys)
{
	if (a.kind == JQ_NULL || keys.n == 0)
		return a;
	if (a.kind == JQ_ARRAY)
		return delete_elements(m, a, keys);
	if (a.kind == JQ_OBJECT)
		return delete_members(m, a, keys);
	return machine_error(
	    m, "Cannot delete fields from %s", jq_kind_name(a));
}

/* Delete what sorted paths lead to, which are equal up to `depth`. */
static struct jq_value delete_sorted(struct machine *m, struct jq_value a,
    const struct jq_value *paths, uint32_t n, uint32_t depth)
{
	struct jq_value keys = jq_array(m->heap, 0), part;
	uint32_t next;

	heap_check_stack(m->heap);
	for (uint32_t i = 0; i < n; i = next) {
		struct jq_value key = paths[i].array->items[depth];

		next = i + 1;
		while (next < n &&
		       jq_equal(m->heap, key, paths[next].array->items[depth]))
			next++;
		if (paths[i].n == depth + 1) {
			keys = jq_array_append(m->heap, keys, key);
			continue;
		}
		part = operator_index(m, a, key);
		if (part.kind == JQ_NULL)
			continue;
		if (part.kind != JQ_NONE)
			part = delete_sorted(
			    m, part, paths + i, next - i, depth + 1);
		if (part.kind != JQ_NONE)
			part = a = set_key(m, a, key, part);
		if (part.kind == JQ_NONE)
			return part;
	}
	return delete_keys(m, a, keys);
}

struct jq_value paths_delete(
    struct machine *m, struct jq_value a, struct jq_value paths)
{
	if (paths.kind != JQ_ARRAY)
		return machine_error(m, "Paths must be specified as an array");
	paths = sorted(m, paths);
	for (uint32_t i = 0; i < paths.n; i++)
		if (paths.array->items[i].kind != JQ_ARRAY)
			return machine_error(m,
			    "Path must be specified as array, not %s",
			    jq_kind_name(paths.array->items[i]));
	if (paths.n == 0)
		return a;
	if (paths.array->items[0].n == 0)
		return jq_null();
	return delete_sorted(m, a, paths.array->items, paths.n, 0);
}
