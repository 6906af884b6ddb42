#include "value/jq_value.h"

#include <math.h>
#include <stdlib.h>

/* What can grow begins with this room, and doubles. */
#define ROOM_FIRST 4

static uint32_t more_room(struct heap *h, uint32_t n)
{
	if (n > UINT32_MAX / 2)
		heap_exceed(h, HEAP_NO_MEMORY);
	return n < ROOM_FIRST / 2 ? ROOM_FIRST : n * 2;
}

/* Whether a value is being edited, so that it may be changed. */
static bool is_edited(const struct heap *h, struct jq_value v)
{
	return h->edit && jq_is_of_edit(v, h->edit);
}

/* Strings. */

static struct jq_value string_at(const char *p, uint32_t n, bool plain)
{
	return (struct jq_value){
	    .kind = JQ_STRING, .plain = plain, .n = n, .text = p};
}

struct jq_value jq_string_copy(struct heap *h, struct slice s)
{
	char *p;

	if (s.n > UINT32_MAX)
		heap_exceed(h, HEAP_NO_MEMORY);
	p = heap_alloc(h, s.n);
	if (s.n)
		memcpy(p, s.p, s.n);
	return string_at(p, (uint32_t)s.n, false);
}

struct jq_value jq_string_append(
    struct heap *h, struct jq_value a, struct jq_value b)
{
	size_t n = (size_t)a.n + b.n;
	bool last = a.text + a.n == h->text;
	char *p;

	if (a.n == 0 || b.n == 0)
		return b.n == 0 ? a : b;
	if (n > UINT32_MAX)
		heap_exceed(h, HEAP_NO_MEMORY);
	if (last && b.n <= (size_t)(h->text_to - h->text)) {
		memcpy(h->text, b.text, b.n);
		h->text += b.n;
		return string_at(a.text, (uint32_t)n, a.plain && b.plain);
	}
	/* What grows again may grow on. */
	p = heap_alloc(h, last ? n * 2 : n);
	if (a.n)
		memcpy(p, a.text, a.n);
	memcpy(p + a.n, b.text, b.n);
	h->text = p + n;
	h->text_to = last ? p + n * 2 : h->text;
	return string_at(p, (uint32_t)n, a.plain && b.plain);
}

/* Arrays. */

static struct jq_value array_of(struct jq_array *a, uint32_t n)
{
	return (struct jq_value){.kind = JQ_ARRAY, .n = n, .array = a};
}

static struct jq_array *new_array(struct heap *h, uint32_t room)
{
	struct jq_array *a =
	    heap_alloc(h, sizeof(*a) + (size_t)room * sizeof(*a->items));

	*a = (struct jq_array){.items = (struct jq_value *)(void *)(a + 1),
	    .room = room,
	    .edit = h->edit};
	return a;
}

struct jq_value jq_array(struct heap *h, uint32_t room)
{
	static struct jq_array empty; /* nothing can be added to it */

	return array_of(room ? new_array(h, room) : &empty, 0);
}

/* A copy of n elements, with room for others. */
static struct jq_value copy_items(
    struct heap *h, const struct jq_value *items, uint32_t n, uint32_t room)
{
	struct jq_array *a = new_array(h, room);

	if (n)
		memcpy(a->items, items, n * sizeof(*items));
	a->used = n;
	return array_of(a, n);
}

struct jq_value jq_array_of(
    struct heap *h, const struct jq_value *items, uint32_t n)
{
	return copy_items(h, items, n, n);
}

struct jq_value jq_array_append(
    struct heap *h, struct jq_value array, struct jq_value v)
{
	struct jq_array *a = array.array;

	if (array.n < a->used || a->used == a->room) {
		array = copy_items(h, a->items, array.n, more_room(h, array.n));
		a = array.array;
	}
	a->items[a->used++] = v;
	return array_of(a, array.n + 1);
}

struct jq_value jq_array_set(
    struct heap *h, struct jq_value array, uint32_t i, struct jq_value v)
{
	struct jq_value to;

	if (i == array.n)
		return jq_array_append(h, array, v);
	if (i < array.n) {
		to = is_edited(h, array)
			 ? array
			 : copy_items(h, array.array->items, array.n, array.n);
	} else {
		to =
		    copy_items(h, array.array->items, array.n, more_room(h, i));
		for (uint32_t at = array.n; at < i; at++)
			to.array->items[at] = jq_null();
		to.n = to.array->used = i + 1;
	}
	to.array->items[i] = v;
	return to;
}

struct jq_value jq_array_slice(
    struct heap *h, struct jq_value array, uint32_t from, uint32_t to)
{
	struct jq_array *a;

	if (from == 0)
		return array_of(array.array, to);
	a = new_array(h, 0);
	*a = (struct jq_array){.items = array.array->items + from,
	    .used = to - from,
	    .room = to - from,
	    .edit = array.array->edit};
	return array_of(a, to - from);
}

/* Objects. */

static struct jq_value object_of(struct jq_object *o, uint32_t n)
{
	return (struct jq_value){.kind = JQ_OBJECT, .n = n, .object = o};
}

struct jq_value jq_object(struct heap *h, uint32_t room)
{
	struct jq_object *o =
	    heap_alloc(h, sizeof(*o) + (size_t)room * sizeof(*o->members));

	*o = (struct jq_object){.room = room, .edit = h->edit};
	return object_of(o, 0);
}

/* Where a look-up in the index begins; it goes on to the first free slot. */
static uint32_t slot_of(const struct jq_object *o, const struct name *name)
{
	uint64_t hash = (uintptr_t)name * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(hash >> 32) & (o->index_size - 1);
}

/* The number of the member of a name; o->used if there is none. */
static uint32_t look_up(const struct jq_object *o, const struct name *name)
{
	uint32_t at = slot_of(o, name), i;

	while ((i = o->index[at]) > 0) {
		if (o->members[i - 1].name == name)
			return i - 1;
		at = (at + 1) & (o->index_size - 1);
	}
	return o->used;
}

/* The number of the member of a name in a view; o.n if it has none. */
static uint32_t number_of(struct jq_value o, const struct name *name)
{
	uint32_t i;

	if (o.n > JQ_FEW && o.object->index) {
		i = look_up(o.object, name);
		return i < o.n ? i : o.n;
	}
	for (i = 0; i < o.n; i++)
		if (o.object->members[i].name == name)
			break;
	return i;
}

static void add_to_index(struct jq_object *o, uint32_t i)
{
	uint32_t at = slot_of(o, o->members[i].name);

	while (o->index[at])
		at = (at + 1) & (o->index_size - 1);
	o->index[at] = i + 1;
}

/* Make the index, for as many members as there is room for. */
static void make_index(struct heap *h, struct jq_object *o)
{
	o->index_size = 64;
	while (o->index_size / 2 < o->room)
		o->index_size *= 2;
	o->index = heap_alloc(h, o->index_size * sizeof(*o->index));
	memset(o->index, 0, o->index_size * sizeof(*o->index));
	for (uint32_t i = 0; i < o->used; i++)
		add_to_index(o, i);
}

/* Add a member, of a new name, where there is room. */
static void add_member(struct heap *h, struct jq_object *o, struct jq_member m)
{
	o->members[o->used++] = m;
	if (o->index)
		add_to_index(o, o->used - 1);
	else if (o->used > JQ_FEW)
		make_index(h, o);
}

/* An object of n members of different names, with room for others. */
static struct jq_value copy_members(
    struct heap *h, const struct jq_member *members, uint32_t n, uint32_t room)
{
	struct jq_value v = jq_object(h, room);

	if (n)
		memcpy(v.object->members, members, n * sizeof(*members));
	v.n = v.object->used = n;
	if (n > JQ_FEW)
		make_index(h, v.object);
	return v;
}

struct jq_value jq_object_of(struct heap *h, const struct jq_member *members,
    uint32_t n, bool may_repeat)
{
	struct jq_value v;

	if (!may_repeat)
		return copy_members(h, members, n, n);
	v = jq_object(h, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = number_of(v, members[i].name);

		if (at < v.n)
			v.object->members[at].value = members[i].value;
		else
			add_member(h, v.object, members[i]);
		v.n = v.object->used;
	}
	v.object->room = v.n;
	return v;
}

struct jq_value jq_object_add(
    struct heap *h, struct jq_value a, struct jq_value b)
{
	const struct jq_member *more = b.object->members;
	struct jq_value sum =
	    copy_members(h, a.object->members, a.n, a.n + b.n);
	struct jq_member *members = sum.object->members;

	for (uint32_t i = 0; i < b.n; i++) {
		/* Most objects of a list have the same names in one order. */
		bool there = i < a.n && members[i].name == more[i].name;
		uint32_t at = there ? i : number_of(sum, more[i].name);

		if (at < sum.n)
			members[at].value = more[i].value;
		else
			add_member(h, sum.object, more[i]);
		sum.n = sum.object->used;
	}
	return sum;
}

struct jq_value jq_object_find(struct jq_value o, const struct name *name)
{
	uint32_t i = number_of(o, name);

	return i < o.n ? o.object->members[i].value : jq_none();
}

struct jq_value jq_object_set(struct heap *h, struct jq_value object,
    struct name *name, struct jq_value v)
{
	uint32_t i = number_of(object, name), n = object.n;
	struct jq_object *o = object.object;

	if (i < n) {
		if (!is_edited(h, object))
			object = copy_members(h, o->members, n, n);
		object.object->members[i].value = v;
		return object;
	}
	if (n < o->used || o->used == o->room)
		o = copy_members(h, o->members, n, more_room(h, n)).object;
	add_member(h, o, (struct jq_member){name, v});
	return object_of(o, n + 1);
}

struct jq_value jq_object_delete(
    struct heap *h, struct jq_value object, const struct name *name)
{
	uint32_t i = number_of(object, name), n = object.n;
	const struct jq_member *m = object.object->members;
	struct jq_object *o;

	if (i == n)
		return object;
	if (i == n - 1)
		return object_of(object.object, n - 1);
	o = jq_object(h, n - 1).object;
	memcpy(o->members, m, i * sizeof(*m));
	memcpy(o->members + i, m + i + 1, (n - 1 - i) * sizeof(*m));
	o->used = n - 1;
	if (o->used > JQ_FEW)
		make_index(h, o);
	return object_of(o, n - 1);
}

/* A member that is being sorted. */
struct ordered {
	struct slice name;
	uint32_t i;
};

static int compare_ordered(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return slice_cmp(x->name, y->name);
}

uint32_t *jq_object_order(struct heap *h, struct jq_value object)
{
	struct ordered *o = heap_alloc(h, object.n * sizeof(*o));
	uint32_t *order = heap_alloc(h, object.n * sizeof(*order));
	bool sorted = true;

	for (uint32_t i = 0; i < object.n; i++) {
		o[i] =
		    (struct ordered){object.object->members[i].name->text, i};
		if (i > 0 && compare_ordered(&o[i - 1], &o[i]) > 0)
			sorted = false;
	}
	if (!sorted)
		qsort(o, object.n, sizeof(*o), compare_ordered);
	for (uint32_t i = 0; i < object.n; i++)
		order[i] = o[i].i;
	return order;
}

struct slice jq_raw(struct jq_value v)
{
	if (v.kind == JQ_ARRAY && v.n == v.array->used)
		return v.array->raw;
	if (v.kind == JQ_OBJECT && v.n == v.object->used)
		return v.object->raw;
	return (struct slice){NULL, 0};
}

/* Order. */

static int compare_numbers(double a, double b)
{
	if (isnan(a))
		return -1;
	return isnan(b) ? 1 : (a > b) - (a < b);
}

static int compare_arrays(struct heap *h, struct jq_value a, struct jq_value b)
{
	int c = 0;

	for (uint32_t i = 0; c == 0 && i < a.n && i < b.n; i++)
		c = jq_compare(h, a.array->items[i], b.array->items[i]);
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int compare_members(struct heap *h, struct jq_value a, struct jq_value b)
{
	const struct jq_member *m = a.object->members, *o = b.object->members;
	const uint32_t *x = jq_object_order(h, a), *y = jq_object_order(h, b);
	int c = 0;

	for (uint32_t i = 0; c == 0 && i < a.n && i < b.n; i++)
		if (m[x[i]].name != o[y[i]].name)
			c = slice_cmp(m[x[i]].name->text, o[y[i]].name->text);
	if (c == 0)
		c = (a.n > b.n) - (a.n < b.n);
	for (uint32_t i = 0; c == 0 && i < a.n; i++)
		c = jq_compare(h, m[x[i]].value, o[y[i]].value);
	return c;
}

/* Sorting compares often: give back the memory, if it is still the last. */
static int compare_objects(struct heap *h, struct jq_value a, struct jq_value b)
{
	char *p = h->p, *end = h->end;
	int c = compare_members(h, a, b);

	if (h->end == end)
		h->p = p;
	return c;
}

/* Such are equal in jq, even if there is a NaN in them. */
static bool is_identical(struct jq_value a, struct jq_value b)
{
	return a.kind >= JQ_ARRAY && a.n == b.n &&
	       (a.kind == JQ_ARRAY ? a.array == b.array : a.object == b.object);
}

int jq_compare(struct heap *h, struct jq_value a, struct jq_value b)
{
	if (a.kind != b.kind)
		return a.kind - b.kind;
	if (is_identical(a, b))
		return 0;
	heap_tick(h);
	switch (a.kind) {
	case JQ_NUMBER: return compare_numbers(a.number, b.number);
	case JQ_STRING: return slice_cmp(jq_slice(a), jq_slice(b));
	case JQ_ARRAY: heap_check_stack(h); return compare_arrays(h, a, b);
	case JQ_OBJECT: heap_check_stack(h); return compare_objects(h, a, b);
	default: return 0;
	}
}

bool jq_equal(struct heap *h, struct jq_value a, struct jq_value b)
{
	if (a.kind != b.kind || (a.kind >= JQ_STRING && a.n != b.n))
		return false;
	return jq_compare(h, a, b) == 0;
}

const char *jq_kind_name(struct jq_value v)
{
	static const char *const names[] = {"no value", "null", "boolean",
	    "boolean", "number", "string", "array", "object"};

	return names[v.kind];
}
