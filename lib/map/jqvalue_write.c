#include "map/jqvalue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

static const char *put_value(struct buf *, jv, unsigned depth);

static const char *put_object(
    struct buf *b, jv v, unsigned depth, bool drop_nulls)
{
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
		why = put_value(b, member, depth);
		first = false;
		jv_free(name);
		jv_free(member);
	}
	buf_putc(b, '}');
	return why;
}

static const char *put_array(struct buf *b, jv v, unsigned depth)
{
	int n = jv_array_length(jv_copy(v));
	const char *why = NULL;

	buf_putc(b, '[');
	for (int i = 0; i < n && !why; i++) {
		jv element = jv_array_get(jv_copy(v), i);

		if (i > 0)
			buf_putc(b, ',');
		why = put_value(b, element, depth);
		jv_free(element);
	}
	buf_putc(b, ']');
	return why;
}

static const char *put_value(struct buf *b, jv v, unsigned depth)
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
	case JV_KIND_ARRAY: return put_array(b, v, depth + 1);
	case JV_KIND_OBJECT: return put_object(b, v, depth + 1, false);
	case JV_KIND_INVALID: return "no value";
	}
	return NULL;
}

const char *jqvalue_write(struct buf *b, jv v, bool drop_nulls)
{
	bool object = drop_nulls && jv_get_kind(v) == JV_KIND_OBJECT;
	const char *why =
	    object ? put_object(b, v, 1, true) : put_value(b, v, 0);

	return !why && b->failed ? JQVALUE_TOO_MUCH : why;
}
