#include "map/jqvalue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/json.h"

struct slice jqvalue_slice(jv string)
{
	return (struct slice){jv_string_value(string),
	    (size_t)jv_string_length_bytes(jv_copy(string))};
}

/* How many bytes from here need no escape in a JSON string. */
static size_t plain_bytes(const char *p, const char *end)
{
	const char *from = p;

	while (end - p >= 8 && !word_find_special(word_load(p)))
		p += 8;
	while (p < end) {
		size_t n = (unsigned char)*p < 0x80 ? 1 : utf8_length(p, end);

		if (n == 0 || (unsigned char)*p < 0x20 || *p == '"' ||
		    *p == '\\')
			break;
		p += n;
	}
	return (size_t)(p - from);
}

static void put_string(struct buf *b, jv string)
{
	struct slice s = jqvalue_slice(string);
	char *to;

	if (plain_bytes(s.p, s.p + s.n) < s.n) {
		json_put_string(b, s);
		return;
	}
	to = buf_reserve(b, s.n + 2);
	if (!to)
		return;
	to[0] = '"';
	memcpy(to + 1, s.p, s.n);
	to[s.n + 1] = '"';
	b->n += s.n + 2;
}

/* The shortest digits that read back as the same double. */
static void put_double(struct buf *b, double d)
{
	char text[32];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_puts(b, text);
}

static void put_int(struct buf *b, int64_t v)
{
	char text[24], *p = text + sizeof(text);
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		*--p = '-';
	buf_put(b, p, (size_t)(text + sizeof(text) - p));
}

static const char *put_number(struct buf *b, double d)
{
	const double exact = 9007199254740992.0;

	if (isnan(d) || isinf(d))
		return "a number that JSON cannot write";
	if (d >= -exact && d <= exact && d == (double)(int64_t)d &&
	    (d != 0 || !signbit(d)))
		put_int(b, (int64_t)d);
	else
		put_double(b, d);
	return NULL;
}

/* How a value is written. */
struct style {
	bool sorted; /* the members of objects by their names */
	bool (*leaves_out)(void *ctx, struct slice name); /* of the value */
	void *ctx;
};

static const char *put_value(
    struct buf *, jv, unsigned depth, const struct style *);

static const char *put_object(
    struct buf *b, jv v, unsigned depth, bool drop_nulls)
{
	const struct style plain = {.sorted = false};
	const char *why = NULL;
	bool first = true;

	buf_putc(b, '{');
	for (int i = jv_object_iter(v); !why && jv_object_iter_valid(v, i);
	     i = jv_object_iter_next(v, i)) {
		jv member = jv_object_iter_value(v, i), name;

		if (drop_nulls && jv_get_kind(member) == JV_KIND_NULL)
			continue;
		name = jv_object_iter_key(v, i);
		if (!first)
			buf_putc(b, ',');
		put_string(b, name);
		buf_putc(b, ':');
		why = put_value(b, member, depth, &plain);
		first = false;
		jv_free(name);
		jv_free(member);
	}
	buf_putc(b, '}');
	return why;
}

/* A member of an object that is being sorted. */
struct sorted_member {
	struct slice name; /* of the object's, which has them all */
	int at;
};

static int cmp_members(const void *a, const void *b)
{
	const struct sorted_member *x = a, *y = b;

	return slice_cmp(x->name, y->name);
}

/* The members of an object by their names, but for those left out. */
static size_t sort_members(
    jv v, const struct style *s, struct sorted_member *to)
{
	size_t n = 0;

	for (int i = jv_object_iter(v); jv_object_iter_valid(v, i);
	     i = jv_object_iter_next(v, i)) {
		jv name = jv_object_iter_key(v, i);

		to[n] = (struct sorted_member){jqvalue_slice(name), i};
		if (!s->leaves_out || !s->leaves_out(s->ctx, to[n].name))
			n++;
		jv_free(name);
	}
	qsort(to, n, sizeof(*to), cmp_members);
	return n;
}

static const char *put_sorted(
    struct buf *b, jv v, unsigned depth, const struct style *s)
{
	const struct style inner = {.sorted = true};
	struct sorted_member *members = mem_alloc(
	    ((size_t)jv_object_length(jv_copy(v)) + 1) * sizeof(*members));
	size_t n = sort_members(v, s, members);
	const char *why = NULL;

	buf_putc(b, '{');
	for (size_t i = 0; i < n && !why; i++) {
		jv name = jv_object_iter_key(v, members[i].at);
		jv member = jv_object_iter_value(v, members[i].at);

		if (i > 0)
			buf_putc(b, ',');
		put_string(b, name);
		buf_putc(b, ':');
		why = put_value(b, member, depth, &inner);
		jv_free(name);
		jv_free(member);
	}
	buf_putc(b, '}');
	free(members);
	return why;
}

static const char *put_array(
    struct buf *b, jv v, unsigned depth, const struct style *s)
{
	int n = jv_array_length(jv_copy(v));
	const char *why = NULL;

	buf_putc(b, '[');
	for (int i = 0; i < n && !why; i++) {
		jv element = jv_array_get(jv_copy(v), i);

		if (i > 0)
			buf_putc(b, ',');
		why = put_value(b, element, depth, s);
		jv_free(element);
	}
	buf_putc(b, ']');
	return why;
}

static const char *put_value(
    struct buf *b, jv v, unsigned depth, const struct style *s)
{
	if (depth == JQVALUE_DEPTH_MAX)
		return "nested too deep";
	if (b->failed)
		return JQVALUE_TOO_MUCH;
	switch (jv_get_kind(v)) {
	case JV_KIND_NULL: buf_puts(b, "null"); break;
	case JV_KIND_FALSE: buf_puts(b, "false"); break;
	case JV_KIND_TRUE: buf_puts(b, "true"); break;
	case JV_KIND_NUMBER: return put_number(b, jv_number_value(v));
	case JV_KIND_STRING: put_string(b, v); break;
	case JV_KIND_ARRAY: return put_array(b, v, depth + 1, s);
	case JV_KIND_OBJECT:
		return s->sorted ? put_sorted(b, v, depth + 1, s)
				 : put_object(b, v, depth + 1, false);
	case JV_KIND_INVALID: return "no value";
	}
	return NULL;
}

static const char *end_value(const struct buf *b, const char *why)
{
	return !why && b->failed ? JQVALUE_TOO_MUCH : why;
}

const char *jqvalue_write(struct buf *b, jv v, bool drop_nulls)
{
	const struct style plain = {.sorted = false};
	bool object = drop_nulls && jv_get_kind(v) == JV_KIND_OBJECT;

	return end_value(
	    b, object ? put_object(b, v, 1, true) : put_value(b, v, 0, &plain));
}

const char *jqvalue_write_sorted(struct buf *b, jv v,
    bool (*leaves_out)(void *ctx, struct slice name), void *ctx)
{
	const struct style sorted = {true, leaves_out, ctx};

	return end_value(b, put_value(b, v, 0, &sorted));
}
