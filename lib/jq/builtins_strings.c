#include "jq/builtins.h"

#include <math.h>

#include "jq/machine.h"
#include "jq/operators.h"

static bool strings(
    struct machine *m, struct jq_value a, struct jq_value b, const char *wrong)
{
	return (a.kind == JQ_STRING && b.kind == JQ_STRING) ||
	       machine_fail(m, "%s", wrong);
}

static bool starts(struct jq_value s, struct jq_value with)
{
	return slice_starts(jq_slice(s), jq_slice(with));
}

static bool ends(struct jq_value s, struct jq_value with)
{
	return s.n >= with.n &&
	       slice_eq(slice_from(jq_slice(s), s.n - with.n), jq_slice(with));
}

BUILTIN(startswith)
{
	if (!strings(m, in, *a, "startswith() requires string inputs"))
		return jq_none();
	return jq_bool(starts(in, *a));
}

BUILTIN(endswith)
{
	if (!strings(m, in, *a, "endswith() requires string inputs"))
		return jq_none();
	return jq_bool(ends(in, *a));
}

BUILTIN(ltrimstr)
{
	if (in.kind == JQ_STRING && a->kind == JQ_STRING && starts(in, *a)) {
		in.text += a->n;
		in.n -= a->n;
	}
	return in;
}

BUILTIN(rtrimstr)
{
	if (in.kind == JQ_STRING && a->kind == JQ_STRING && ends(in, *a))
		in.n -= a->n;
	return in;
}

BUILTIN(split)
{
	if (!strings(m, in, *a, "split input and separator must be strings"))
		return jq_none();
	return string_split(m, in, *a);
}

/* The code point that begins at *p, which is moved past it. */
static uint32_t code_point(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t length = s[0] < 0x80	? 1
			  : s[0] < 0xE0 ? 2
			  : s[0] < 0xF0 ? 3
					: 4;
	uint32_t c = length == 1 ? s[0] : s[0] & (0x7Fu >> length);

	for (uint32_t i = 1; i < length; i++)
		c = c << 6 | (s[i] & 0x3Fu);
	*p += length;
	return c;
}

static bool needs_string(struct machine *m, struct jq_value in)
{
	return in.kind == JQ_STRING ||
	       machine_fail(m, "explode input must be a string");
}

BUILTIN(explode)
{
	const char *p = in.text;
	struct jq_value all;
	uint32_t n = 0;

	if (!needs_string(m, in))
		return jq_none();
	all = jq_array(m->heap, in.n);
	while (p < in.text + in.n)
		all.array->items[n++] = jq_number(code_point(&p));
	all.n = all.array->used = n;
	return all;
}

/* Write a code point, or the replacement character for what is none. */
static char *put_code_point(char *p, double d)
{
	uint32_t c = d >= 0 && d <= 0x10FFFF ? (uint32_t)d : 0xFFFD;

	if (c >= 0xD800 && c <= 0xDFFF)
		c = 0xFFFD;
	if (c < 0x80) {
		*p++ = (char)c;
		return p;
	}
	if (c >= 0x10000) {
		*p++ = (char)(0xF0 | c >> 18);
		*p++ = (char)(0x80 | (c >> 12 & 0x3F));
	} else if (c >= 0x800) {
		*p++ = (char)(0xE0 | c >> 12);
	}
	*p++ = (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3F) : 0xC0 | c >> 6);
	*p++ = (char)(0x80 | (c & 0x3F));
	return p;
}

BUILTIN(implode)
{
	char *text, *p;

	if (in.kind != JQ_ARRAY)
		return machine_error(m, "implode input must be an array");
	for (uint32_t i = 0; i < in.n; i++) {
		struct jq_value v = in.array->items[i];

		if (v.kind != JQ_NUMBER || isnan(v.number))
			return machine_error(m,
			    "%s (%s) can't be imploded, unicode codepoint "
			    "needs to be numeric",
			    jq_kind_name(v), machine_quote(m, v));
	}
	p = text = heap_alloc(m->heap, (size_t)in.n * 4);
	for (uint32_t i = 0; i < in.n; i++)
		p = put_code_point(p, in.array->items[i].number);
	return jq_string((struct slice){text, (size_t)(p - text)});
}

/* With other letters for those from first to last. */
static struct jq_value change_case(
    struct machine *m, struct jq_value in, char first, char last)
{
	char *text;

	if (!needs_string(m, in))
		return jq_none();
	text = heap_alloc(m->heap, in.n);
	for (uint32_t i = 0; i < in.n; i++) {
		char c = in.text[i];

		text[i] = c >= first && c <= last ? (char)(c ^ 0x20) : c;
	}
	in.text = text;
	return in;
}

BUILTIN(ascii_downcase)
{
	return change_case(m, in, 'A', 'Z');
}

/* Offsets in bytes, as libjq has them. */
static struct jq_value string_indexes(
    struct machine *m, struct jq_value s, struct jq_value text)
{
	struct slice rest = jq_slice(s);
	struct jq_value found = jq_array(m->heap, 0);

	while (
	    text.n > 0 && (rest = slice_find(rest, jq_slice(text))).p != NULL) {
		heap_tick(m->heap);
		found = jq_array_append(
		    m->heap, found, jq_number((double)(rest.p - s.text)));
		rest = slice_from(rest, 1);
	}
	return found;
}

BUILTIN(indices)
{
	struct jq_value one = *a;

	if (in.kind == JQ_STRING && one.kind == JQ_STRING) {
		return string_indexes(m, in, one);
	}
	if (in.kind == JQ_ARRAY && one.kind != JQ_ARRAY)
		one = jq_array_append(m->heap, jq_array(m->heap, 1), one);
	return operator_index(m, in, one);
}

BUILTIN(index_in)
{
	in = indices(m, in, a);
	return in.kind == JQ_NONE ? in : operator_index(m, in, jq_number(0));
}

const struct builtin builtins_strings[] = {
    {.name = "ascii_downcase", .call = ascii_downcase},
    {.name = "endswith", .arity = 1, .call = endswith},
    {.name = "explode", .call = explode},
    {.name = "implode", .call = implode},
    {.name = "index", .arity = 1, .call = index_in},
    {.name = "indices", .arity = 1, .call = indices},
    {.name = "ltrimstr", .arity = 1, .call = ltrimstr},
    {.name = "rtrimstr", .arity = 1, .call = rtrimstr},
    {.name = "split", .arity = 1, .call = split},
    {.name = "startswith", .arity = 1, .call = startswith},
    {0},
};
