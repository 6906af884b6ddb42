/*
 * The engine's values: views that never change, against copies made the plain
 * way; jq's order, against its definition; and the limits of a run.
 */
#include "value/jq_value.h"

#include <math.h>
#include <stdlib.h>

#include "unit/tap.h"

#define VIEWS 40
#define MOST 100 /* elements */
#define KEYS 60

static struct heap heap = {
    .max = 256 << 20, .time_max_ms = 60000, .stack_max = 1 << 20};
static struct names *names;
static uint64_t seed = 5;

static bool run(void (*work)(void *), void *ctx)
{
	names_begin_run(names);
	return heap_guard(&heap, work, ctx);
}

static unsigned roll(unsigned sides)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

static struct name *name_of(unsigned key)
{
	char text[16];

	snprintf(text, sizeof(text), "k%u", key);
	return names_of(names, &heap, slice_of(text));
}

/* A value, and what it must be: of an object, keys and numbers by turns. */
struct view {
	struct jq_value v;
	unsigned n;
	unsigned numbers[2 * MOST];
};

static struct view views[VIEWS];

static bool is_number(struct jq_value v, unsigned number)
{
	return v.kind == JQ_NUMBER && v.number == number;
}

static bool is_right(const struct view *x)
{
	uint32_t hint = roll(MOST);
	bool right = x->v.n == x->n;

	for (unsigned i = 0; right && i < x->n; i++) {
		const struct jq_member *m;

		if (x->v.kind == JQ_ARRAY) {
			right = is_number(jq_array_get(x->v, i), x->numbers[i]);
			continue;
		}
		if (x->v.kind == JQ_STRING) {
			right = x->v.text[i] == (char)x->numbers[i];
			continue;
		}
		m = &x->v.object->members[i];
		right = m->name == name_of(x->numbers[2 * i]) &&
			is_number(m->value, x->numbers[2 * i + 1]) &&
			is_number(jq_object_get(x->v, m->name, &hint),
			    x->numbers[2 * i + 1]);
	}
	return right;
}

/* Where a view has a key; its length if it has not. */
static unsigned place_of(const struct view *x, unsigned key)
{
	unsigned i = 0;

	while (i < x->n && x->numbers[2 * i] != key)
		i++;
	return i;
}

static void change_array(struct view *x)
{
	unsigned i = roll(3) ? x->n : roll(x->n + 5), number = roll(1000);
	unsigned from = roll(x->n + 1);

	if (i >= MOST || roll(8) == 0) {
		x->v = jq_array_slice(&heap, x->v, from, x->n);
		x->n -= from;
		memmove(
		    x->numbers, x->numbers + from, x->n * sizeof(*x->numbers));
		from = x->n - roll(x->n / 2 + 1);
		x->v = jq_array_slice(&heap, x->v, 0, from);
		x->n = from;
		return;
	}
	x->v = jq_array_set(&heap, x->v, i, jq_number(number));
	if (i > x->n) {
		/* Filled up with null: make them numbers. */
		for (unsigned at = x->n; at < i; at++) {
			if (x->v.array->items[at].kind != JQ_NULL)
				x->n = MOST * 2;
			x->v = jq_array_set(&heap, x->v, at, jq_number(at));
			x->numbers[at] = at;
		}
	}
	x->numbers[i] = number;
	x->n = i >= x->n ? i + 1 : x->n;
}

static void change_object(struct view *x)
{
	unsigned key = roll(KEYS), number = roll(1000), i = place_of(x, key);

	if (roll(5) > 0) {
		x->v =
		    jq_object_set(&heap, x->v, name_of(key), jq_number(number));
		x->numbers[2 * i] = key;
		x->numbers[2 * i + 1] = number;
		x->n += i == x->n;
		return;
	}
	x->v = jq_object_delete(&heap, x->v, name_of(key));
	if (i == x->n)
		return;
	memmove(x->numbers + 2 * i, x->numbers + 2 * i + 2,
	    (x->n - i - 1) * 2 * sizeof(*x->numbers));
	x->n--;
}

static void change_string(struct view *x)
{
	char text[16];
	unsigned n = roll(12), from = roll(x->n + 1);

	if (x->n + n > MOST) {
		/* The end of a string, which is still there, may grow, too. */
		x->v = jq_string((struct slice){x->v.text + from, x->n - from});
		x->n -= from;
		memmove(
		    x->numbers, x->numbers + from, x->n * sizeof(*x->numbers));
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		text[i] = (char)('a' + roll(26));
		x->numbers[x->n++] = (unsigned char)text[i];
	}
	x->v = jq_string_append(
	    &heap, x->v, jq_string_copy(&heap, (struct slice){text, n}));
}

static void change_views(void *ctx)
{
	unsigned *wrong = ctx;

	for (unsigned i = 0; i < VIEWS; i++) {
		views[i].n = 0;
		views[i].v = i % 3 == 0	  ? jq_array(&heap, roll(4))
			     : i % 3 == 1 ? jq_object(&heap, roll(4))
					  : jq_string(SLICE(""));
	}
	for (int round = 0; round < 30000; round++) {
		struct view x = views[roll(VIEWS)];
		struct view *to = &views[roll(VIEWS)];

		if (x.v.kind == JQ_ARRAY)
			change_array(&x);
		else if (x.v.kind == JQ_OBJECT)
			change_object(&x);
		else
			change_string(&x);
		*wrong += !is_right(&x);
		if (to->v.kind == x.v.kind)
			*to = x;
		*wrong += !is_right(&views[roll(VIEWS)]);
	}
	for (unsigned i = 0; i < VIEWS; i++)
		*wrong += !is_right(&views[i]);
}

static void test_views(void)
{
	unsigned wrong = 0;

	if (!run(change_views, &wrong))
		wrong = ~0u;
	is_int(wrong, 0, "values change, and what they were made of does not");
}

/* jq's order by its definition: of objects, sorted lists of names first. */
static int model_compare(struct jq_value a, struct jq_value b);

static int model_compare_lists(
    const struct jq_value *a, unsigned n, const struct jq_value *b, unsigned m)
{
	for (unsigned i = 0; i < n && i < m; i++) {
		int c = model_compare(a[i], b[i]);

		if (c)
			return c;
	}
	return (n > m) - (n < m);
}

static int by_order(const void *a, const void *b)
{
	const struct jq_value *x = a, *y = b;

	return model_compare(*x, *y);
}

/* An object as sorted pairs: its names, then its values. */
static void sorted_pairs(struct jq_value o, struct jq_value to[2][8])
{
	struct jq_value pairs[8][2];

	for (unsigned i = 0; i < o.n; i++) {
		pairs[i][0] = jq_string(o.object->members[i].name->text);
		pairs[i][1] = o.object->members[i].value;
	}
	qsort(pairs, o.n, sizeof(pairs[0]), by_order);
	for (unsigned i = 0; i < o.n; i++) {
		to[0][i] = pairs[i][0];
		to[1][i] = pairs[i][1];
	}
}

static int model_compare(struct jq_value a, struct jq_value b)
{
	struct jq_value x[2][8], y[2][8];
	int c;

	if (a.kind != b.kind)
		return a.kind < b.kind ? -1 : 1;
	switch (a.kind) {
	case JQ_NUMBER:
		return isnan(a.number) || a.number < b.number
			   ? -1
			   : isnan(b.number) || a.number > b.number;
	case JQ_STRING:
		c = memcmp(a.text, b.text, a.n < b.n ? a.n : b.n);
		return c ? c : (int)a.n - (int)b.n;
	case JQ_ARRAY:
		return model_compare_lists(
		    a.array->items, a.n, b.array->items, b.n);
	case JQ_OBJECT:
		sorted_pairs(a, x);
		sorted_pairs(b, y);
		c = model_compare_lists(x[0], a.n, y[0], b.n);
		return c ? c : model_compare_lists(x[1], a.n, y[1], b.n);
	default: return 0;
	}
}

/* Few different values, so that many are equal, or nearly. */
static struct jq_value any_value(unsigned depth)
{
	static const char *const texts[] = {"", "a", "b", "aa", "a\x7f",
	    "\xc3\xa9", "\xef\xbf\xbd", "\xf0\x90\x80\x80"};
	unsigned n = roll(4);
	struct jq_value v;

	switch (roll(depth < 3 ? 8 : 5)) {
	case 0: return jq_null();
	case 1: return jq_bool(roll(2));
	case 2: return jq_number(roll(20) ? roll(3) : (double)NAN);
	case 3:
	case 4: return jq_string(slice_of(texts[roll(COUNT_OF(texts))]));
	case 5:
		v = jq_array(&heap, 0);
		while (n-- > 0)
			v = jq_array_append(&heap, v, any_value(depth + 1));
		return v;
	default:
		v = jq_object(&heap, 0);
		while (n-- > 0)
			v = jq_object_set(&heap, v, name_of(roll(4) * 7),
			    any_value(depth + 1));
		return v;
	}
}

static int sign(int c)
{
	return (c > 0) - (c < 0);
}

static void compare_values(void *ctx)
{
	unsigned *wrong = ctx, equal = 0;
	struct jq_value same;

	for (int round = 0; round < 100000; round++) {
		struct jq_value a = any_value(0), b = any_value(0);
		int c = sign(model_compare(a, b));

		*wrong += sign(jq_compare(&heap, a, b)) != c;
		*wrong += jq_equal(&heap, a, b) != (c == 0);
		equal += c == 0;
	}
	if (equal < 1000)
		*wrong = equal;
	*wrong +=
	    jq_equal(&heap, jq_number((double)NAN), jq_number((double)NAN));
	same =
	    jq_array_append(&heap, jq_array(&heap, 1), jq_number((double)NAN));
	*wrong += !jq_equal(&heap, same, same);
}

static void test_order(void)
{
	unsigned wrong = 0;

	run(compare_values, &wrong);
	is_int(wrong, 0, "values have jq's order");
}

/* The order of an object's members, of few and of many. */
static void order_members(void *ctx)
{
	unsigned *wrong = ctx;

	for (unsigned n = 0; n < 60; n++) {
		struct jq_value o = jq_object(&heap, 0);
		const uint32_t *order;

		while (o.n < n)
			o = jq_object_set(
			    &heap, o, name_of(roll(1000)), jq_null());
		order = jq_object_order(&heap, o);
		for (unsigned i = 1; i < n; i++)
			*wrong +=
			    slice_cmp(
				o.object->members[order[i - 1]].name->text,
				o.object->members[order[i]].name->text) >= 0;
	}
}

/* Each step makes a value from the last one, which is of no use any more. */
static void grow(void *ctx)
{
	struct jq_value a = jq_array(&heap, 0), o = jq_object(&heap, 0);
	struct jq_value s = jq_string(SLICE("")), small;

	for (unsigned i = 0; i < 100000; i++)
		a = jq_array_append(&heap, a, jq_number(i));
	for (unsigned i = 0; i < 100000; i++)
		o = jq_object_set(&heap, o, name_of(i), jq_number(i));
	for (unsigned i = 0; i < 100000; i++)
		s = jq_string_append(&heap, s, jq_string(SLICE("0123456789")));
	*(size_t *)ctx = heap.arena.used;
	for (unsigned i = 0; i < 1000000; i++) {
		small = jq_object(&heap, 2);
		small = jq_object_set(&heap, small, name_of(1), jq_null());
	}
}

/* Recur as often as the number says. */
static void recur(void *ctx)
{
	unsigned left = *(unsigned *)ctx;

	heap_check_stack(&heap);
	if (left-- > 0)
		recur(&left);
	heap_tick(&heap);
}

static struct jq_value nested(unsigned depth)
{
	struct jq_value a = jq_array(&heap, 0);

	while (depth-- > 0)
		a = jq_array_append(&heap, jq_array(&heap, 1), a);
	return a;
}

static void compare_deep(void *ctx)
{
	unsigned depth = *(unsigned *)ctx;

	jq_compare(&heap, nested(depth), nested(depth));
}

static void wait_forever(void *ctx)
{
	(void)ctx;
	for (;;)
		heap_tick(&heap);
}

static void allocate_forever(void *ctx)
{
	for (;;)
		heap_alloc(&heap, *(size_t *)ctx);
}

static void set_far_away(void *ctx)
{
	(void)ctx;
	jq_array_set(&heap, jq_array(&heap, 0), 4000000000, jq_null());
}

static void exceeds(void (*work)(void *), void *ctx, const char *what)
{
	bool all = run(work, ctx);

	ok(!all && strcmp(heap.exceeded, what) == 0, "a run ends with: %s",
	    all ? "nothing" : heap.exceeded);
}

static void test_limits(void)
{
	unsigned levels = 1000000;
	size_t small = 24, large = 10 << 20, used = 0;
	bool all = run(grow, &used);

	ok(all && used < 24 << 20, "100,000 elements, keys and words: %zu KB",
	    used / 1024);
	exceeds(recur, &levels, "the mapping nests too deeply");
	exceeds(compare_deep, &levels, "the mapping nests too deeply");
	exceeds(allocate_forever, &small, "too much memory");
	exceeds(allocate_forever, &large, "too much memory");
	exceeds(set_far_away, NULL, "too much memory");
	heap.time_max_ms = 5;
	exceeds(wait_forever, NULL, "too much time");
}

int main(void)
{
	unsigned wrong = 0;

	names = names_new();
	test_views();
	test_order();
	run(order_members, &wrong);
	is_int(wrong, 0, "members are sorted by their names");
	test_limits();
	names_free(names);
	heap_release(&heap);
	return tap_done();
}
