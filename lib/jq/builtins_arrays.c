#include "jq/builtins.h"

#include "jq/machine.h"
#include "jq/operators.h"
#include "jq/evaluator.h"
#include "jq/sorting.h"

static bool iterable(struct machine *m, struct jq_value v)
{
	return v.kind == JQ_ARRAY || v.kind == JQ_OBJECT ||
	       cannot_iterate(m, v);
}

BUILTIN(add)
{
	struct jq_value sum = jq_null();

	if (!iterable(m, in))
		return jq_none();
	for (uint32_t i = 0; i < in.n && sum.kind != JQ_NONE; i++) {
		heap_tick(m->heap);
		sum = operator_apply(m, NODE_ADD, sum, jq_element(in, i));
	}
	return sum;
}

/* Numbers and booleans are texts; null is empty. */
static struct jq_value joined(struct machine *m, struct jq_value v)
{
	if (v.kind == JQ_NULL)
		return jq_string(SLICE(""));
	if (v.kind == JQ_NUMBER || v.kind == JQ_FALSE || v.kind == JQ_TRUE)
		return machine_text(m, v);
	return v;
}

BUILTIN(join)
{
	struct jq_value all = jq_string(SLICE("")), v;

	if (!iterable(m, in))
		return jq_none();
	for (uint32_t i = 0; i < in.n && all.kind != JQ_NONE; i++) {
		heap_tick(m->heap);
		v = joined(m, jq_element(in, i));
		if (i > 0)
			all = operator_apply(m, NODE_ADD, all, *a);
		if (all.kind != JQ_NONE)
			all = operator_apply(m, NODE_ADD, all, v);
	}
	return all;
}

BUILTIN(sort)
{
	if (in.kind == JQ_ARRAY)
		return sorted(m, in);
	return machine_error(m,
	    "%s (%s) cannot be sorted, as it is not an array", jq_kind_name(in),
	    machine_quote(m, in));
}

static struct jq_value cannot(struct machine *m, struct jq_value in,
    struct jq_value keys, const char *what)
{
	return machine_error(m, "%s (%s) and %s (%s) cannot be %s",
	    jq_kind_name(in), machine_quote(m, in), jq_kind_name(keys),
	    machine_quote(m, keys), what);
}

/* The first of the least elements, or the last of the greatest. */
static struct jq_value extreme(
    struct machine *m, struct jq_value in, bool least)
{
	struct jq_value best = jq_null(), v;

	if (in.kind != JQ_ARRAY)
		return cannot(m, in, in, "iterated over");
	for (uint32_t i = 0; i < in.n; i++) {
		heap_tick(m->heap);
		v = in.array->items[i];
		if (i == 0 || (jq_compare(m->heap, v, best) < 0) == least)
			best = v;
	}
	return best;
}

BUILTIN(min)
{
	return extreme(m, in, true);
}

BUILTIN(max)
{
	return extreme(m, in, false);
}

/* Elements in the order of their keys. */

static struct jq_value in_order(
    struct heap *h, const struct sortable *a, uint32_t n)
{
	struct jq_value to = jq_array(h, n);

	for (uint32_t i = 0; i < n; i++)
		to = jq_array_append(h, to, a[i].value);
	return to;
}

/* Where the group of elements with equal keys ends that begins at i. */
static uint32_t group_end(
    struct heap *h, const struct sortable *a, uint32_t i, uint32_t n)
{
	uint32_t end = i + 1;

	while (end < n && jq_equal(h, a[i].key, a[end].key))
		end++;
	return end;
}

static struct jq_value groups(
    struct heap *h, const struct sortable *a, uint32_t n)
{
	struct jq_value to = jq_array(h, 0);
	uint32_t end;

	for (uint32_t i = 0; i < n; i = end) {
		end = group_end(h, a, i, n);
		to = jq_array_append(h, to, in_order(h, a + i, end - i));
	}
	return to;
}

/* The keys of all elements: arrays of what the argument yields for each. */
static struct jq_value *keys_of(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value *keys;

	if (!iterable(m, in))
		return NULL;
	keys = heap_alloc(m->heap, in.n * sizeof(*keys));
	for (uint32_t i = 0; i < in.n; i++) {
		heap_tick(m->heap);
		keys[i] = evaluate_all(m, n->arguments, f, jq_element(in, i));
		if (keys[i].kind == JQ_NONE)
			return NULL;
	}
	return keys;
}

/* The elements sorted by their keys; NULL if they are none, as an error. */
static struct sortable *sorted_by(
    struct machine *m, struct node *n, struct frame *f, struct jq_value in)
{
	struct jq_value *keys = keys_of(m, n, f, in);
	struct sortable *a;

	if (keys && in.kind != JQ_ARRAY)
		cannot(m, in, jq_array_of(m->heap, keys, in.n),
		    "sorted, as they are not both arrays");
	if (!keys || in.kind != JQ_ARRAY)
		return NULL;
	a = heap_alloc(m->heap, in.n * sizeof(*a));
	for (uint32_t i = 0; i < in.n; i++)
		a[i] = (struct sortable){keys[i], in.array->items[i]};
	sort_stable(m->heap, a, in.n);
	return a;
}

EACH(group_by)
{
	struct sortable *a = sorted_by(m, n, f, in->value);

	return a && give(m, groups(m->heap, a, in->value.n), in, to);
}

const struct builtin builtins_arrays[] = {
    {.name = "add", .call = add},
    {.name = "group_by", .arity = 1, .one = true, .generate = group_by},
    {.name = "join", .arity = 1, .call = join},
    {.name = "max", .call = max},
    {.name = "min", .call = min},
    {.name = "sort", .call = sort},
    {0},
};
