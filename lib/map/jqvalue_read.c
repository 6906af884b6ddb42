#include "map/jqvalue.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "json/json.h"

static jv make_string(struct jqvalue_reader *r, struct slice s, bool escaped)
{
	if (escaped) {
		buf_clear(&r->scratch);
		json_unescape(s, &r->scratch);
		s = buf_slice(&r->scratch);
	}
	return jv_string_sized(s.p, (int)s.n);
}

/* A hash from a few bytes of a string, to choose its place in a table. */
static size_t place_of(struct slice s)
{
	unsigned h = (unsigned)s.n;

	if (s.n > 0)
		h = ((h * 31 + (unsigned char)s.p[s.n - 1]) * 31 +
			(unsigned char)s.p[s.n / 2]) *
			31 +
		    (unsigned char)s.p[0];
	if (s.n > 4)
		h = (h * 31 + (unsigned char)s.p[2]) * 31 +
		    (unsigned char)s.p[s.n - 3];
	return (h ^ h >> 10) % JQVALUE_INTERNED;
}

/* Declared names are plain words: none of them has an escape. */
static void set_declared(struct jqvalue_reader *r, struct interned *name)
{
	struct slice s = {name->text, name->n};
	const struct declared_shape *shape = declared_shape(r->declared, s);

	name->skipped =
	    r->every ? 0 : (unsigned short)declared_skip(r->declared, s);
	name->inside = (unsigned short)declared_inside(r->declared, s);
	name->kept = name_list_has(&r->declared->keep, s);
	name->kinds = shape ? (unsigned short)shape->kinds : 0;
	name->elements = shape ? (unsigned short)shape->elements : 0;
}

/* The interned form of a string; NULL if it is too long for one. */
static struct interned *intern(struct jqvalue_reader *r, struct interned *table,
    struct slice s, bool escaped)
{
	struct interned *i;

	if (s.n > sizeof(i->text))
		return NULL;
	i = &table[place_of(s)];
	if (i->used) {
		if (i->n == s.n && memcmp(i->text, s.p, s.n) == 0)
			return i;
		jv_free(i->string);
	}
	i->used = true;
	i->n = (uint32_t)s.n;
	memcpy(i->text, s.p, s.n);
	i->string = make_string(r, s, escaped);
	if (r->declared && table == r->names)
		set_declared(r, i);
	return i;
}

/*
 * Whether a value, from its first byte, is of one of the kinds. A count that
 * is written as 1e2 is not found to be one: the type check sees that it is.
 */
static bool fits(const char *p, unsigned kinds)
{
	switch (*p) {
	case '{': return kinds & KIND_OBJECT;
	case '[': return kinds & KIND_ARRAY;
	case '"': return kinds & (KIND_STRING | KIND_TEXT | KIND_DATE);
	case 't':
	case 'f': return kinds & KIND_BOOLEAN;
	case 'n': return true;
	default: break;
	}
	if (kinds & (KIND_NUMBER | KIND_LENGTH))
		return true;
	while (*p >= '0' && *p <= '9')
		p++;
	return (kinds & KIND_COUNT) && (*p == ',' || *p == '}' || *p == ']');
}

static jv read_string(struct jqvalue_reader *r)
{
	bool escaped = false;
	const char *from = r->p + 1, *end = scan_string(from, &escaped);
	struct slice s = {from, (size_t)(end - from)};
	const struct interned *i = intern(r, r->strings, s, escaped);

	r->p = end + 1;
	return i ? jv_copy(i->string) : make_string(r, s, escaped);
}

static jv read_number(struct jqvalue_reader *r)
{
	const char *p = r->p;
	bool negative = *p == '-';
	int64_t v = 0;
	char *end;
	double d;

	p += negative;
	while (*p >= '0' && *p <= '9' && p - r->p < 16)
		v = v * 10 + (*p++ - '0');
	if (*p == ',' || *p == '}' || *p == ']') {
		r->p = p;
		return jv_number(negative ? -(double)v : (double)v);
	}
	d = strtod(r->p, &end);
	r->p = end;
	if (isinf(d))
		d = d > 0 ? DBL_MAX : -DBL_MAX;
	return jv_number(d);
}

static jv read_value(struct jqvalue_reader *r, size_t step, bool kept_only);

/*
 * A value is on the path of units if its `step`, counted from 1, is not 0. The
 * step of its member or element; 0 if that is not on the path.
 */
static size_t next_step(
    const struct jqvalue_reader *r, size_t step, struct slice name)
{
	if (step == 0 || !slice_eq(r->declared->path[step - 1], name))
		return 0;
	return step + 1;
}

static jv read_unit(struct jqvalue_reader *r)
{
	const char *end = scan_value(r->p);
	jv v;

	if (!r->on_unit(r->ctx, (struct slice){r->p, (size_t)(end - r->p)})) {
		r->failed = true;
		return jv_null();
	}
	v = read_value(r, 0, true);
	r->p = end;
	return v;
}

static jv read_child(struct jqvalue_reader *r, size_t step)
{
	if (step > 0 && step - 1 == r->declared->path_len)
		return read_unit(r);
	return read_value(r, step, false);
}

/* Whether a string, from its quote, is "", "0" or of the year 0. */
static bool is_no_date(const char *p)
{
	return memcmp(p, "\"\"", 2) == 0 || memcmp(p, "\"0\"", 3) == 0 ||
	       memcmp(p, "\"0000", 5) == 0;
}

/* Check a value of these kinds; past it if it is read as null. */
static bool is_nothing(struct jqvalue_reader *r, unsigned kinds)
{
	const char *p = r->p;

	if (!fits(p, kinds))
		r->odd = true;
	if ((kinds & KIND_TEXT) && p[0] == '"' && p[1] == '"')
		r->p += 2;
	else if ((kinds & KIND_LENGTH) && p[0] == '0' &&
		 (p[1] == ',' || p[1] == '}'))
		r->p++;
	else if ((kinds & KIND_DATE) && is_no_date(p))
		r->p = scan_value(p);
	return r->p > p;
}

/* One member, from its name's quote. */
static void read_member(struct jqvalue_reader *r, jv *object, size_t step,
    bool kept_only, unsigned *on_path)
{
	bool escaped = false;
	const char *from = r->p + 1, *end = scan_string(from, &escaped);
	struct slice s = {from, (size_t)(end - from)};
	const struct interned *i = intern(r, r->names, s, escaped);
	unsigned kinds = i ? i->kinds : 0, elements = i ? i->elements : 0;
	unsigned inside = r->inside;
	size_t next;
	jv name;

	r->p = scan_space(scan_space(end + 1) + 1);
	if (i ? (i->skipped & inside) || (kept_only && !i->kept) : kept_only) {
		r->p = scan_value(r->p);
		return;
	}
	/* A name on the path that occurs twice, or with escapes. */
	next = next_step(r, step, s);
	if (step > 0 && (escaped || (next > 0 && (*on_path)++ > 0)))
		r->failed = true;
	r->odd |= escaped;
	r->elements = elements;
	if (r->failed)
		return;
	/* Reading the value may replace what is interned. */
	name = i ? jv_copy(i->string) : make_string(r, s, escaped);
	r->inside |= i ? i->inside : 0;
	if (kinds && is_nothing(r, kinds))
		*object = jv_object_set(*object, name, jv_null());
	else
		*object = jv_object_set(*object, name, read_child(r, next));
	r->inside = inside;
}

/* Past a comma and the space around it, if there is one. */
static const char *scan_comma(const char *p)
{
	p = scan_space(p);
	return *p == ',' ? scan_space(p + 1) : p;
}

static jv read_object(struct jqvalue_reader *r, size_t step, bool kept_only)
{
	jv object = jv_object();
	unsigned on_path = 0;

	r->p = scan_space(r->p + 1);
	while (!r->failed && *r->p != '}') {
		read_member(r, &object, step, kept_only, &on_path);
		r->p = scan_comma(r->p);
	}
	r->p++;
	return object;
}

static jv read_array(struct jqvalue_reader *r, size_t step)
{
	jv array = jv_array();
	size_t inner = next_step(r, step, SLICE("[]"));
	unsigned elements = r->elements;

	r->p = scan_space(r->p + 1);
	while (!r->failed && *r->p != ']') {
		r->elements = 0;
		if (elements && !fits(r->p, elements))
			r->odd = true;
		array = jv_array_append(array, read_child(r, inner));
		r->p = scan_comma(r->p);
	}
	r->p++;
	return array;
}

/* Whether a value is of the kind that the path has here, or null. */
static bool is_on_path(const struct jqvalue_reader *r, size_t step)
{
	bool array = slice_is(r->declared->path[step - 1], "[]");

	return *r->p == 'n' || *r->p == (array ? '[' : '{');
}

/* Read a value; with kept_only, the members in declared->keep. */
static jv read_value(struct jqvalue_reader *r, size_t step, bool kept_only)
{
	if (step > 0 && !is_on_path(r, step)) {
		r->failed = true;
		return jv_null();
	}
	switch (*r->p) {
	case '{': return read_object(r, step, kept_only);
	case '[': return read_array(r, step);
	case '"': return read_string(r);
	case 't': r->p += 4; return jv_true();
	case 'f': r->p += 5; return jv_false();
	case 'n': r->p += 4; return jv_null();
	default: return read_number(r);
	}
}

void jqvalue_reader_init(
    struct jqvalue_reader *r, const struct declarations *declared)
{
	memset(r, 0, sizeof(*r));
	r->declared = declared;
	r->inside = INSIDE_ANYTHING;
	r->scratch.max = INT_MAX;
}

jv jqvalue_read(struct jqvalue_reader *r, struct slice text)
{
	jv v;

	r->failed = r->odd = false;
	r->elements = 0;
	r->p = scan_space(text.p);
	v = read_value(r, r->on_unit ? 1 : 0, false);
	if (!r->failed)
		return v;
	jv_free(v);
	return jv_invalid();
}
