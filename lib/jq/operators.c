#include "jq/operators.h"

#include <math.h>

#include "base/word.h"

/* "A (a) and B (b) cannot be what". */
static struct jq_value cannot(
    struct machine *m, struct jq_value a, struct jq_value b, const char *what)
{
	return machine_error(m, "%s (%s) and %s (%s) cannot be %s",
	    jq_kind_name(a), machine_quote(m, a), jq_kind_name(b),
	    machine_quote(m, b), what);
}

/* From this length on, jq leaves a key out of its message. */
#define QUOTED_KEY_MAX 30

struct jq_value cannot_index(
    struct machine *m, struct jq_value v, struct slice key)
{
	if (key.n >= QUOTED_KEY_MAX)
		return machine_error(
		    m, "Cannot index %s with string", jq_kind_name(v));
	return machine_error(m, "Cannot index %s with string \"%.*s\"",
	    jq_kind_name(v), (int)key.n, key.p);
}

bool cannot_iterate(struct machine *m, struct jq_value v)
{
	return machine_fail(m, "Cannot iterate over %s (%s)", jq_kind_name(v),
	    machine_quote(m, v));
}

static bool both(struct jq_value a, struct jq_value b, enum jq_kind kind)
{
	return a.kind == kind && b.kind == kind;
}

static struct jq_value add_arrays(
    struct heap *h, struct jq_value a, struct jq_value b)
{
	if (a.n == 0)
		return b;
	for (uint32_t i = 0; i < b.n; i++)
		a = jq_array_append(h, a, b.array->items[i]);
	return a;
}

/* Whether none of b's members has a name that is in a. */
static bool adds_only(struct jq_value a, struct jq_value b)
{
	for (uint32_t i = 0; i < b.n; i++)
		if (jq_object_find(a, b.object->members[i].name).kind)
			return false;
	return true;
}

static struct jq_value add_objects(
    struct heap *h, struct jq_value a, struct jq_value b)
{
	if (a.n == 0 || b.n == 0)
		return a.n == 0 ? b : a;
	if (b.n == 1 || adds_only(a, b)) {
		for (uint32_t i = 0; i < b.n; i++)
			a = jq_object_set(h, a, b.object->members[i].name,
			    b.object->members[i].value);
		return a;
	}
	return jq_object_add(h, a, b);
}

static struct jq_value add(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	if (both(a, b, JQ_NUMBER))
		return jq_number(a.number + b.number);
	if (a.kind == JQ_NULL || b.kind == JQ_NULL)
		return a.kind == JQ_NULL ? b : a;
	if (both(a, b, JQ_STRING))
		return jq_string_append(m->heap, a, b);
	if (both(a, b, JQ_ARRAY))
		return add_arrays(m->heap, a, b);
	if (both(a, b, JQ_OBJECT))
		return add_objects(m->heap, a, b);
	return cannot(m, a, b, "added");
}

/* The elements of a that are not in b. */
static struct jq_value subtract_arrays(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	struct jq_value rest = jq_array(m->heap, 0);

	for (uint32_t i = 0; i < a.n; i++) {
		struct jq_value v = a.array->items[i];
		uint32_t at = 0;

		heap_tick(m->heap);
		while (at < b.n && !jq_equal(m->heap, v, b.array->items[at]))
			at++;
		if (at == b.n)
			rest = jq_array_append(m->heap, rest, v);
	}
	return rest;
}

static struct jq_value subtract(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	if (both(a, b, JQ_NUMBER))
		return jq_number(a.number - b.number);
	if (both(a, b, JQ_ARRAY))
		return subtract_arrays(m, a, b);
	return cannot(m, a, b, "subtracted");
}

/* b's members over those of a; objects in both are merged in turn. */
static struct jq_value merge(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	heap_check_stack(m->heap);
	for (uint32_t i = 0; i < b.n; i++) {
		struct jq_member member = b.object->members[i];
		struct jq_value old = jq_object_find(a, member.name);

		heap_tick(m->heap);
		if (both(old, member.value, JQ_OBJECT))
			member.value = merge(m, old, member.value);
		a = jq_object_set(m->heap, a, member.name, member.value);
	}
	return a;
}

static struct jq_value repeat(
    struct machine *m, struct jq_value string, double times)
{
	struct jq_value all = string;

	if (!(times >= 0))
		return jq_null();
	if (times * (string.n ? string.n : 1) > INT32_MAX)
		return machine_error(m, "Repeat string result too long");
	if (times < 1 || string.n == 0)
		return jq_string((struct slice){"", 0});
	for (uint32_t left = (uint32_t)times - 1; left > 0;) {
		struct jq_value more = all;

		if (all.n / string.n > left)
			more.n = left * string.n;
		all = jq_string_append(m->heap, all, more);
		left -= more.n / string.n;
	}
	return all;
}

static struct jq_value multiply(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	if (both(a, b, JQ_NUMBER))
		return jq_number(a.number * b.number);
	if (a.kind == JQ_STRING && b.kind == JQ_NUMBER)
		return repeat(m, a, b.number);
	if (a.kind == JQ_NUMBER && b.kind == JQ_STRING)
		return repeat(m, b, a.number);
	if (both(a, b, JQ_OBJECT))
		return merge(m, a, b);
	return cannot(m, a, b, "multiplied");
}

static struct jq_value divide(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	if (both(a, b, JQ_STRING))
		return string_split(m, a, b);
	if (!both(a, b, JQ_NUMBER))
		return cannot(m, a, b, "divided");
	if (b.number == 0)
		return cannot(m, a, b, "divided because the divisor is zero");
	return jq_number(a.number / b.number);
}

/* The integral part without its sign. */
static uint64_t magnitude(double d)
{
	d = fabs(d);
	return d < 0x1p63 ? (uint64_t)d : (uint64_t)INT64_MAX;
}

static struct jq_value modulo(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	double rest;

	if (!both(a, b, JQ_NUMBER))
		return cannot(m, a, b, "divided (remainder)");
	if (isnan(a.number) || isnan(b.number))
		return jq_number((double)NAN);
	if (magnitude(b.number) == 0)
		return cannot(
		    m, a, b, "divided (remainder) because the divisor is zero");
	rest = (double)(magnitude(a.number) % magnitude(b.number));
	return jq_number(a.number < 0 ? 0 - rest : rest);
}

static bool equal(struct machine *m, struct jq_value a, struct jq_value b)
{
	if (a.kind != b.kind)
		return false;
	if (a.kind == JQ_NUMBER)
		return a.number == b.number;
	if (a.kind == JQ_STRING)
		return slice_eq(jq_slice(a), jq_slice(b));
	return jq_equal(m->heap, a, b);
}

static bool compare(
    struct machine *m, enum node_kind op, struct jq_value a, struct jq_value b)
{
	int order = jq_compare(m->heap, a, b);

	return op == NODE_LESS	       ? order < 0
	       : op == NODE_LESS_EQUAL ? order <= 0
	       : op == NODE_GREATER    ? order > 0
				       : order >= 0;
}

struct jq_value operator_apply(
    struct machine *m, enum node_kind op, struct jq_value a, struct jq_value b)
{
	switch (op) {
	case NODE_ADD: return add(m, a, b);
	case NODE_SUBTRACT: return subtract(m, a, b);
	case NODE_MULTIPLY: return multiply(m, a, b);
	case NODE_DIVIDE: return divide(m, a, b);
	case NODE_MODULO: return modulo(m, a, b);
	case NODE_EQUAL: return jq_bool(equal(m, a, b));
	case NODE_UNEQUAL: return jq_bool(!equal(m, a, b));
	default: return jq_bool(compare(m, op, a, b));
	}
}

struct jq_value operator_negate(struct machine *m, struct jq_value a)
{
	if (a.kind != JQ_NUMBER)
		return machine_error(m, "%s (%s) cannot be negated",
		    jq_kind_name(a), machine_quote(m, a));
	return jq_number(-a.number);
}

/* Indexes and slices. */

int64_t array_index(double d, uint32_t length)
{
	int64_t i;

	if (isnan(d))
		return -1;
	i = d > INT32_MAX ? INT32_MAX : d < INT32_MIN ? INT32_MIN : (int64_t)d;
	if (i < 0)
		i += length;
	return i < 0 ? -1 : i;
}

struct jq_value array_indexes(
    struct machine *m, struct jq_value a, struct jq_value b)
{
	struct jq_value found = jq_array(m->heap, 0);

	for (uint32_t i = 0; b.n > 0 && b.n <= a.n - i; i++) {
		uint32_t at = 0;

		heap_tick(m->heap);
		while (at < b.n &&
		       equal(m, a.array->items[i + at], b.array->items[at]))
			at++;
		if (at == b.n)
			found = jq_array_append(m->heap, found, jq_number(i));
	}
	return found;
}

void slice_key(struct machine *m, struct jq_value key, struct jq_value *from,
    struct jq_value *to)
{
	*from =
	    jq_object_find(key, names_of(m->names, m->heap, SLICE("start")));
	*to = jq_object_find(key, names_of(m->names, m->heap, SLICE("end")));
}

static struct jq_value find_index(
    struct machine *m, struct jq_value a, struct jq_value key)
{
	if (a.kind == JQ_OBJECT && key.kind == JQ_STRING)
		return jq_object_find(
		    a, names_of(m->names, m->heap, jq_slice(key)));
	if (a.kind == JQ_ARRAY && key.kind == JQ_NUMBER) {
		int64_t i = array_index(key.number, a.n);

		return i < 0 ? jq_none() : jq_array_get(a, (uint32_t)i);
	}
	if (a.kind == JQ_ARRAY && key.kind == JQ_ARRAY)
		return array_indexes(m, a, key);
	if (a.kind == JQ_NULL &&
	    (key.kind == JQ_STRING || key.kind == JQ_NUMBER))
		return jq_null();
	if (key.kind == JQ_STRING)
		return cannot_index(m, a, jq_slice(key));
	return machine_error(
	    m, "Cannot index %s with %s", jq_kind_name(a), jq_kind_name(key));
}

struct jq_value operator_index(
    struct machine *m, struct jq_value a, struct jq_value key)
{
	struct jq_value from, to;

	if (key.kind == JQ_OBJECT &&
	    (a.kind == JQ_NULL || a.kind == JQ_ARRAY || a.kind == JQ_STRING)) {
		slice_key(m, key, &from, &to);
		return operator_slice(m, a, from, to);
	}
	a = find_index(m, a, key);
	return a.kind != JQ_NONE || m->leaving ? a : jq_null();
}

bool slice_bounds(struct machine *m, struct jq_value from, struct jq_value to,
    uint32_t length, uint32_t *start, uint32_t *end)
{
	double a = from.kind == JQ_NULL ? 0 : from.number;
	double b = to.kind == JQ_NULL ? length : to.number;

	if ((from.kind != JQ_NULL && from.kind != JQ_NUMBER) ||
	    (to.kind != JQ_NULL && to.kind != JQ_NUMBER))
		return machine_fail(
		    m, "Array/string slice indices must be integers");
	a = isnan(a) ? 0 : a < 0 ? a + length : a;
	b = isnan(b) ? length : b < 0 ? b + length : b;
	a = a < 0 ? 0 : a > length ? length : a;
	b = b < 0 ? 0 : b > length ? length : b;
	*start = (uint32_t)a;
	*end = (uint32_t)ceil(b);
	if (*end < *start)
		*end = *start;
	return true;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

uint32_t string_length(struct slice s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += !is_continuation(s.p[i]);
	return n;
}

/* The offset of the code point that is so many after the one at an offset. */
static uint32_t skip(struct jq_value s, uint32_t at, uint32_t count)
{
	const char *p = s.text + at, *end = s.text + s.n;

	while (count >= 8 && end - p >= 8 && !(word_load(p) & WORD_HIGHS)) {
		count -= 8;
		p += 8;
	}
	while (count > 0 && p < end) {
		count--;
		if ((unsigned char)*p++ >= 0x80)
			while (p < end && is_continuation(*p))
				p++;
	}
	return (uint32_t)(p - s.text);
}

static bool is_negative(struct jq_value bound)
{
	return bound.kind == JQ_NUMBER && bound.number < 0;
}

static struct jq_value slice_string(struct machine *m, struct jq_value s,
    struct jq_value from, struct jq_value to)
{
	uint32_t start, end, length = s.n;

	/* Only what counts from the end needs the length; a larger one does
	 * for the rest. */
	if (is_negative(from) || is_negative(to))
		length = string_length(jq_slice(s));
	if (!slice_bounds(m, from, to, length, &start, &end))
		return jq_none();
	end -= start;
	start = skip(s, 0, start);
	end = to.kind == JQ_NULL ? s.n : skip(s, start, end);
	s.text += start;
	s.n = end - start;
	s.bits = 0;
	return s;
}

struct jq_value operator_slice(struct machine *m, struct jq_value a,
    struct jq_value from, struct jq_value to)
{
	uint32_t start, end;

	if (a.kind == JQ_NULL)
		return a;
	if (a.kind == JQ_STRING)
		return slice_string(m, a, from, to);
	if (a.kind != JQ_ARRAY)
		return machine_error(
		    m, "Cannot index %s with object", jq_kind_name(a));
	if (!slice_bounds(m, from, to, a.n, &start, &end))
		return jq_none();
	return jq_array_slice(m->heap, a, start, end);
}

/* The place of a text in another, from an offset; NULL if there is none. */
static const char *find(struct jq_value s, uint32_t from, struct slice text)
{
	const char *p = s.text + from, *end = s.text + s.n;

	while ((size_t)(end - p) >= text.n &&
	       (p = memchr(p, *text.p, (size_t)(end - p) - text.n + 1))) {
		if (memcmp(p, text.p, text.n) == 0)
			return p;
		p++;
	}
	return NULL;
}

struct jq_value string_split(
    struct machine *m, struct jq_value s, struct jq_value separator)
{
	struct jq_value parts = jq_array(m->heap, 0), part = s;
	uint32_t at = 0;

	part.bits = 0;
	while (at < s.n) {
		const char *p = NULL;

		if (separator.n > 0)
			p = find(s, at, jq_slice(separator));
		part.text = s.text + at;
		part.n = (p		   ? (uint32_t)(p - s.text)
			     : separator.n ? s.n
					   : skip(s, at, 1)) -
			 at;
		parts = jq_array_append(m->heap, parts, part);
		at += part.n + separator.n;
		if (p && at == s.n) {
			part.n = 0;
			parts = jq_array_append(m->heap, parts, part);
		}
	}
	return parts;
}

struct jq_value string_join(
    struct machine *m, const struct jq_value *parts, uint32_t count)
{
	size_t n = 0, at = 0;
	struct jq_value s;
	char *text;

	for (uint32_t i = 0; i < count; i++)
		n += parts[i].n;
	if (n > UINT32_MAX)
		heap_exceed(m->heap, "too much memory");
	text = heap_alloc(m->heap, n);
	s = jq_string((struct slice){text, n});
	s.plain = true;
	for (uint32_t i = 0; i < count; at += parts[i++].n) {
		if (parts[i].n)
			memcpy(text + at, parts[i].text, parts[i].n);
		s.plain = s.plain && parts[i].plain;
	}
	return s;
}
