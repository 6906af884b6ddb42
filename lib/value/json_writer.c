#include "value/json_writer.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/word.h"
#include "json/json.h"

/* Up to here, all whole numbers are doubles. */
#define EXACT 9007199254740992.0

/* Whether no byte of a valid text needs an escape in JSON. */
static bool is_plain(struct slice s)
{
	const char *p = s.p, *end = p + s.n;

	while (end - p >= 8 && !word_find_special(word_load(p)))
		p += 8;
	for (; p < end; p++)
		if ((unsigned char)*p < 0x20 || *p == '"' || *p == '\\')
			return false;
	return true;
}

void json_write_string(struct buf *b, struct jq_value string)
{
	struct slice s = jq_slice(string);
	char *to;

	if (!string.plain && !is_plain(s)) {
		json_put_string(b, s);
		return;
	}
	to = buf_reserve(b, s.n + 2);
	if (!to)
		return;
	to[0] = '"';
	if (s.n)
		memcpy(to + 1, s.p, s.n);
	to[s.n + 1] = '"';
	b->n += s.n + 2;
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

/* A whole number that is exact, and not -0. */
static bool is_int(double d)
{
	return d >= -EXACT && d <= EXACT && d == (double)(int64_t)d &&
	       (d != 0 || !signbit(d));
}

/* The fewest digits, from `least` on, that read back as the same double. */
static int digits_of(double d, int least)
{
	char text[32];

	for (; least < 17; least++) {
		snprintf(text, sizeof(text), "%.*g", least, d);
		if (strtod(text, NULL) == d)
			break;
	}
	return least;
}

void json_write_number(struct buf *b, double d)
{
	if (is_int(d))
		put_int(b, (int64_t)d);
	else
		buf_printf(b, "%.*g", digits_of(d, 15), d);
}

/* Append a number that is not whole, or large, as jq prints it. */
static void put_jq_double(struct buf *b, double d)
{
	int digits = digits_of(d, fabs(d) < DBL_MIN ? 1 : 15), exponent;
	char text[32], *first = text + (d < 0);

	snprintf(text, sizeof(text), "%.*e", digits - 1, d);
	exponent = atoi(strchr(text, 'e') + 1);
	while (digits > 1 && first[digits] == '0')
		digits--;
	if (exponent < digits || exponent >= digits + 15) {
		buf_printf(b, "%.*g", digits, d);
		return;
	}
	/* So many zeros follow the digits without an exponent. */
	if (d < 0)
		buf_putc(b, '-');
	buf_putc(b, *first);
	buf_put(b, first + 2, (size_t)digits - 1);
	for (; exponent >= digits; exponent--)
		buf_putc(b, '0');
}

void json_write_jq_number(struct buf *b, double d)
{
	if (isnan(d))
		buf_puts(b, "null");
	else if (is_int(d))
		put_int(b, (int64_t)d);
	else
		put_jq_double(b, isinf(d) ? copysign(DBL_MAX, d) : d);
}

/* How a value is written, and where it is. */
struct writing {
	struct buf *to;
	const struct json_style *style;
	unsigned depth;
};

static const char *put_value(struct writing *, struct jq_value);

/* The name of a member and its colon, after a comma or bracket. */
static void put_name(struct buf *b, char before, const struct name *name)
{
	size_t n = name->text.n + strlen(",\"\":");
	char *to;

	if (!name->plain) {
		buf_putc(b, before);
		json_put_string(b, name->text);
		buf_putc(b, ':');
		return;
	}
	to = buf_reserve(b, n);
	if (!to)
		return;
	to[0] = before;
	memcpy(to + 1, name->text.p - 1, n - 1);
	b->n += n;
}

static bool is_left_out(const struct writing *w, const struct jq_member *m)
{
	const struct json_style *s = w->style;

	return w->depth == 1 &&
	       ((s->drop_nulls && m->value.kind == JQ_NULL) ||
		   (s->leaves_out && s->leaves_out(s->ctx, m->name)));
}

static const char *put_object(struct writing *w, struct jq_value v)
{
	const uint32_t *order =
	    w->style->sorted ? jq_object_order(w->style->heap, v) : NULL;
	const char *wrong = NULL;
	char before = '{';

	for (uint32_t i = 0; i < v.n && !wrong; i++) {
		const struct jq_member *m =
		    &v.object->members[order ? order[i] : i];

		if (is_left_out(w, m))
			continue;
		put_name(w->to, before, m->name);
		wrong = put_value(w, m->value);
		before = ',';
	}
	if (before == '{')
		buf_putc(w->to, before);
	buf_putc(w->to, '}');
	return wrong;
}

static const char *put_array(struct writing *w, struct jq_value v)
{
	const char *wrong = NULL;

	buf_putc(w->to, '[');
	for (uint32_t i = 0; i < v.n && !wrong; i++) {
		if (i > 0)
			buf_putc(w->to, ',');
		wrong = put_value(w, v.array->items[i]);
	}
	buf_putc(w->to, ']');
	return wrong;
}

/* An array or object; as it was read, if that is what would be written. */
static const char *put_container(struct writing *w, struct jq_value v)
{
	const struct json_style *s = w->style;
	struct slice raw = jq_raw(v);
	unsigned around = s->around + w->depth;
	const char *wrong;

	if (around == WRITER_DEPTH_MAX)
		return "nested too deep";
	if (raw.p && !s->sorted && around + JQ_RAW_DEPTH < WRITER_DEPTH_MAX &&
	    (w->depth > 0 || (!s->drop_nulls && !s->leaves_out))) {
		buf_put_slice(w->to, raw);
		return NULL;
	}
	if (w->to->failed)
		return NULL;
	w->depth++;
	wrong = v.kind == JQ_ARRAY ? put_array(w, v) : put_object(w, v);
	w->depth--;
	return wrong;
}

static const char *put_number(struct writing *w, double d)
{
	if (w->style->jq_numbers)
		json_write_jq_number(w->to, d);
	else if (isnan(d) || isinf(d))
		return "a number that JSON cannot write";
	else
		json_write_number(w->to, d);
	return NULL;
}

static const char *put_value(struct writing *w, struct jq_value v)
{
	switch (v.kind) {
	case JQ_NULL: buf_puts(w->to, "null"); break;
	case JQ_FALSE: buf_puts(w->to, "false"); break;
	case JQ_TRUE: buf_puts(w->to, "true"); break;
	case JQ_NUMBER: return put_number(w, v.number);
	case JQ_STRING: json_write_string(w->to, v); break;
	case JQ_ARRAY:
	case JQ_OBJECT: return put_container(w, v);
	default: return "no value";
	}
	return NULL;
}

const char *json_write(
    struct buf *to, struct jq_value v, const struct json_style *style)
{
	struct writing w = {.to = to, .style = style};

	return put_value(&w, v);
}
