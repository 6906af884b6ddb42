#include "map/jqvalue.h"

#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "json/json.h"

#define TOO_MUCH "too much in one capture"
#define JQVALUE_ONES UINT64_C(0x0101010101010101)
#define JQVALUE_HIGHS UINT64_C(0x8080808080808080)

/* Bytes of w that are zero have their high bit set; others may, after one. */
#define HAS_ZERO(w) (((w)-JQVALUE_ONES) & ~(w)&JQVALUE_HIGHS)

static uint64_t load8(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

/* To the closing quote of a string, from past its opening one. */
static const char *string_end(const char *p, bool *escaped)
{
	for (;;) {
		uint64_t w = load8(p);
		uint64_t found = HAS_ZERO(w ^ (JQVALUE_ONES * '"')) |
				 HAS_ZERO(w ^ (JQVALUE_ONES * '\\'));

		if (!found) {
			p += 8;
			continue;
		}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		p += __builtin_ctzll(found) / 8;
#else
		while (*p != '"' && *p != '\\')
			p++;
#endif
		if (*p == '"')
			return p;
		*escaped = true;
		p += 2;
	}
}

/* The position in an array or object that is being skipped. */
struct skipping {
	const char *p;
	uint64_t depth;
	bool in_string;
};

/* Skip bytes, to `end` or a little past it; true at the last bracket. */
static bool skip_bytes(struct skipping *s, const char *end)
{
	while (s->p < end) {
		char c = *s->p++;

		if (s->in_string) {
			s->p += c == '\\';
			s->in_string = c != '"';
		} else if (c == '"') {
			s->in_string = true;
		} else if (c == '{' || c == '[') {
			s->depth++;
		} else if ((c == '}' || c == ']') && --s->depth == 0) {
			return true;
		}
	}
	return false;
}

#if defined(__SSE2__)
#define JQVALUE_BLOCK 64

/* One bit for each byte of a block that is `c`, once `fold` is set in it. */
static uint64_t find(const __m128i v[4], char c, char fold)
{
	const __m128i want = _mm_set1_epi8(c), bit = _mm_set1_epi8(fold);
	uint64_t found = 0;

	for (int i = 0; i < 4; i++)
		found |= (uint64_t)(unsigned)_mm_movemask_epi8(
			     _mm_cmpeq_epi8(_mm_or_si128(v[i], bit), want))
			 << (16 * i);
	return found;
}

/* From each set bit up to the next one, without it. */
static uint64_t between(uint64_t quotes)
{
	for (int shift = 1; shift < 64; shift *= 2)
		quotes ^= quotes << shift;
	return quotes;
}

/* Skip a block of bytes; true at the last bracket. */
static bool skip_block(struct skipping *s)
{
	__m128i v[4];
	uint64_t strings, opening, closing, brackets;

	for (size_t i = 0; i < 4; i++)
		v[i] = _mm_loadu_si128(
		    (const __m128i *)(const void *)(s->p + 16 * i));
	if (find(v, '\\', 0))
		return skip_bytes(s, s->p + JQVALUE_BLOCK);
	strings = between(find(v, '"', 0)) ^ (s->in_string ? ~UINT64_C(0) : 0);
	s->in_string = strings >> 63;
	/* The curly brackets differ from the square ones in this bit only. */
	opening = find(v, '{', 0x20) & ~strings;
	closing = find(v, '}', 0x20) & ~strings;
	for (brackets = opening | closing; brackets; brackets &= brackets - 1) {
		uint64_t lowest = brackets & -brackets;

		if (opening & lowest) {
			s->depth++;
		} else if (--s->depth == 0) {
			s->p += __builtin_ctzll(lowest) + 1;
			return true;
		}
	}
	s->p += JQVALUE_BLOCK;
	return false;
}
#else
#define JQVALUE_BLOCK 64
static bool skip_block(struct skipping *s)
{
	return skip_bytes(s, s->p + JQVALUE_BLOCK);
}
#endif

/* Past a value, from its first byte. */
static const char *skip_value(const char *p)
{
	struct skipping s = {.p = p};
	bool escaped;

	switch (*p) {
	case '"': return string_end(p + 1, &escaped) + 1;
	case '{':
	case '[':
		while (!skip_block(&s))
			;
		return s.p;
	default:
		while (*p != ',' && *p != ']' && *p != '}' &&
		       (unsigned char)*p > ' ')
			p++;
		return p;
	}
}

static jv make_string(struct jqvalue_reader *r, struct slice s, bool escaped)
{
	if (escaped) {
		buf_clear(&r->scratch);
		if (!json_unescape(s, &r->scratch)) {
			r->failed = true;
			return jv_null();
		}
		s = buf_slice(&r->scratch);
	}
	return jv_string_sized(s.p, (int)s.n);
}

/* The slot of a cache where a string is, or goes; NULL for a long one. */
static size_t slot_of(struct slice s)
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
	return (h ^ h >> 10) % JQVALUE_CACHE;
}

static size_t cached(struct jqvalue_reader *r, struct jqvalue_cache *c,
    struct slice s, bool escaped)
{
	size_t i = slot_of(s);

	if (c->slot[i].used) {
		if (c->slot[i].n == s.n &&
		    memcmp(c->slot[i].text, s.p, s.n) == 0)
			return i;
		jv_free(c->slot[i].string);
	}
	c->slot[i].used = true;
	c->slot[i].n = (uint32_t)s.n;
	memcpy(c->slot[i].text, s.p, s.n);
	c->slot[i].string = make_string(r, s, escaped);
	/* Names in hints are plain words. */
	if (r->hints && c == &r->names) {
		const struct hint_shape *shape = hints_shape(r->hints, s);

		c->slot[i].skipped = !r->every && hints_has(&r->hints->skip, s);
		c->slot[i].kept = hints_has(&r->hints->keep, s);
		c->slot[i].kinds = shape ? (unsigned short)shape->kinds : 0;
		c->slot[i].elements =
		    shape ? (unsigned short)shape->elements : 0;
	}
	return i;
}

/* Whether a value that begins here is of a kind, as far as that tells. */
static bool fits(const char *p, unsigned kinds)
{
	switch (*p) {
	case '{': return kinds & HINT_OBJECT;
	case '[': return kinds & HINT_ARRAY;
	case '"': return kinds & (HINT_STRING | HINT_TEXT | HINT_DATE);
	case 't':
	case 'f': return kinds & HINT_BOOLEAN;
	case 'n': return true;
	default: break;
	}
	if (kinds & (HINT_NUMBER | HINT_LENGTH))
		return true;
	while (*p >= '0' && *p <= '9')
		p++;
	return (kinds & HINT_COUNT) && (*p == ',' || *p == '}' || *p == ']');
}

static bool cacheable(const struct jqvalue_cache *c, struct slice s)
{
	return s.n <= sizeof(c->slot[0].text);
}

static jv read_string(struct jqvalue_reader *r)
{
	bool escaped = false;
	const char *from = r->p + 1, *end = string_end(from, &escaped);
	struct slice s = {from, (size_t)(end - from)};

	r->p = end + 1;
	if (!cacheable(&r->strings, s))
		return make_string(r, s, escaped);
	return jv_copy(
	    r->strings.slot[cached(r, &r->strings, s, escaped)].string);
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

/* Where the steps of the unit's path go on from here; 0 if they do not. */
static size_t next_step(
    const struct jqvalue_reader *r, size_t step, struct slice name)
{
	if (step == 0 || !slice_eq(r->hints->path[step - 1], name))
		return 0;
	return step + 1;
}

static jv read_unit(struct jqvalue_reader *r)
{
	const char *end = skip_value(r->p);
	struct slice text = {r->p, (size_t)(end - r->p)};
	jv v;

	if (!r->unit(r->ctx, text)) {
		r->failed = true;
		return jv_null();
	}
	v = read_value(r, 0, true);
	r->p = end;
	return v;
}

/* A member's value, or an element; `step` is the unit's path from 1. */
static jv read_child(struct jqvalue_reader *r, size_t step)
{
	if (step > 0 && step - 1 == r->hints->path_len)
		return read_unit(r);
	return read_value(r, step, false);
}

/* Whether a string, from its quote, is "", "0" or of the year 0. */
static bool is_no_date(const char *p)
{
	return memcmp(p, "\"\"", 2) == 0 || memcmp(p, "\"0\"", 3) == 0 ||
	       memcmp(p, "\"0000", 5) == 0;
}

/* Check a value of these kinds; past it if it is to be read as null. */
static bool is_nothing(struct jqvalue_reader *r, unsigned kinds)
{
	const char *p = r->p;

	if (!fits(p, kinds))
		r->odd = true;
	if ((kinds & HINT_TEXT) && p[0] == '"' && p[1] == '"')
		r->p += 2;
	else if ((kinds & HINT_LENGTH) && p[0] == '0' &&
		 (p[1] == ',' || p[1] == '}'))
		r->p++;
	else if ((kinds & HINT_DATE) && is_no_date(p))
		r->p = skip_value(p);
	return r->p > p;
}

/* One member, from its name's quote. */
static void read_member(struct jqvalue_reader *r, jv *object, size_t step,
    bool kept_only, unsigned *on_path)
{
	bool escaped = false, skip = kept_only;
	unsigned kinds = 0, elements = 0;
	const char *from = r->p + 1, *end = string_end(from, &escaped);
	struct slice s = {from, (size_t)(end - from)};
	size_t next;
	jv name;

	if (cacheable(&r->names, s)) {
		size_t i = cached(r, &r->names, s, escaped);

		skip = r->names.slot[i].skipped ||
		       (kept_only && !r->names.slot[i].kept);
		kinds = r->names.slot[i].kinds;
		elements = r->names.slot[i].elements;
		name = skip ? jv_null() : jv_copy(r->names.slot[i].string);
	} else {
		name = skip ? jv_null() : make_string(r, s, escaped);
	}
	r->p = skip_space(skip_space(end + 1) + 1);
	if (skip) {
		r->p = skip_value(r->p);
		return;
	}
	/* A name on the unit's path that occurs twice, or with escapes. */
	next = next_step(r, step, s);
	if (step > 0 && (escaped || (next > 0 && (*on_path)++ > 0)))
		r->failed = true;
	r->odd |= escaped;
	r->elements = elements;
	if (r->failed)
		jv_free(name);
	else if (kinds && is_nothing(r, kinds))
		*object = jv_object_set(*object, name, jv_null());
	else
		*object = jv_object_set(*object, name, read_child(r, next));
}

static jv read_object(struct jqvalue_reader *r, size_t step, bool kept_only)
{
	jv object = jv_object();
	unsigned on_path = 0;

	r->p = skip_space(r->p + 1);
	while (*r->p != '}') {
		read_member(r, &object, step, kept_only, &on_path);
		if (r->failed)
			break;
		r->p = skip_space(r->p);
		if (*r->p == ',')
			r->p = skip_space(r->p + 1);
	}
	r->p++;
	return object;
}

static jv read_array(struct jqvalue_reader *r, size_t step)
{
	jv array = jv_array();
	size_t inner = next_step(r, step, SLICE("[]"));
	unsigned elements = r->elements;

	r->p = skip_space(r->p + 1);
	while (*r->p != ']') {
		r->elements = 0;
		if (elements && !fits(r->p, elements))
			r->odd = true;
		array = jv_array_append(array, read_child(r, inner));
		if (r->failed)
			break;
		r->p = skip_space(r->p);
		if (*r->p == ',')
			r->p = skip_space(r->p + 1);
	}
	r->p++;
	return array;
}

static jv read_value(struct jqvalue_reader *r, size_t step, bool kept_only)
{
	/* Where the path goes on there is what it expects, or nothing. */
	if (step > 0 && *r->p != 'n' &&
	    *r->p !=
		(slice_eq(r->hints->path[step - 1], SLICE("[]")) ? '[' : '{')) {
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

void jqvalue_reader_init(struct jqvalue_reader *r, const struct hints *hints)
{
	memset(r, 0, sizeof(*r));
	r->hints = hints;
	r->scratch.max = INT_MAX;
}

static void cache_release(struct jqvalue_cache *c)
{
	for (size_t i = 0; i < JQVALUE_CACHE; i++)
		if (c->slot[i].used)
			jv_free(c->slot[i].string);
}

void jqvalue_reader_release(struct jqvalue_reader *r)
{
	cache_release(&r->names);
	cache_release(&r->strings);
	buf_release(&r->scratch);
}

jv jqvalue_read(struct jqvalue_reader *r, struct slice text)
{
	jv v;

	r->failed = r->odd = false;
	r->elements = 0;
	r->p = skip_space(text.p);
	v = read_value(r, r->unit ? 1 : 0, false);
	if (!r->failed)
		return v;
	jv_free(v);
	return jv_invalid();
}

/* How many bytes from here need no escape in a JSON string. */
static size_t plain_bytes(const char *p, const char *end)
{
	const char *from = p;

	while (end - p >= 8) {
		uint64_t w = load8(p);

		if (((w - JQVALUE_ONES * 0x20) | w |
			HAS_ZERO(w ^ (JQVALUE_ONES * '"')) |
			HAS_ZERO(w ^ (JQVALUE_ONES * '\\'))) &
		    JQVALUE_HIGHS)
			break;
		p += 8;
	}
	while (p < end) {
		size_t n = (unsigned char)*p < 0x80 ? 1 : utf8_length(p, end);

		if (n == 0 || (unsigned char)*p < 0x20 || *p == '"' ||
		    *p == '\\')
			break;
		p += n;
	}
	return (size_t)(p - from);
}

static bool put_string(struct buf *b, jv string)
{
	struct slice s = {jv_string_value(string),
	    (size_t)jv_string_length_bytes(jv_copy(string))};
	char *to;

	if (plain_bytes(s.p, s.p + s.n) < s.n)
		return json_put_string(b, s);
	to = buf_reserve(b, s.n + 2);
	if (!to)
		return false;
	to[0] = '"';
	memcpy(to + 1, s.p, s.n);
	to[s.n + 1] = '"';
	b->n += s.n + 2;
	return true;
}

bool jqvalue_write_string(struct buf *b, jv string)
{
	return put_string(b, string);
}

/* The shortest digits that read back as the same double. */
static bool put_double(struct buf *b, double d)
{
	char text[32];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	return buf_puts(b, text);
}

static bool put_int(struct buf *b, int64_t v)
{
	char text[24], *p = text + sizeof(text);
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		*--p = '-';
	return buf_put(b, p, (size_t)(text + sizeof(text) - p));
}

static const char *put_number(struct buf *b, double d)
{
	const double exact = 9007199254740992.0;
	bool ok;

	if (isnan(d) || isinf(d))
		return "a number that JSON cannot write";
	if (d >= -exact && d <= exact && d == (double)(int64_t)d &&
	    (d != 0 || !signbit(d)))
		ok = put_int(b, (int64_t)d);
	else
		ok = put_double(b, d);
	return ok ? NULL : TOO_MUCH;
}

static const char *put_value(struct buf *, jv, unsigned depth);

static const char *put_object(
    struct buf *b, jv v, unsigned depth, bool drop_nulls)
{
	const char *why = NULL;
	bool first = true;

	if (!buf_putc(b, '{'))
		return TOO_MUCH;
	for (int i = jv_object_iter(v); !why && jv_object_iter_valid(v, i);
	     i = jv_object_iter_next(v, i)) {
		jv member = jv_object_iter_value(v, i), name;

		if (drop_nulls && jv_get_kind(member) == JV_KIND_NULL)
			continue;
		name = jv_object_iter_key(v, i);
		if ((!first && !buf_putc(b, ',')) || !put_string(b, name) ||
		    !buf_putc(b, ':'))
			why = TOO_MUCH;
		else
			why = put_value(b, member, depth);
		first = false;
		jv_free(name);
		jv_free(member);
	}
	return why ? why : buf_putc(b, '}') ? NULL : TOO_MUCH;
}

static const char *put_array(struct buf *b, jv v, unsigned depth)
{
	int n = jv_array_length(jv_copy(v));
	const char *why = NULL;

	if (!buf_putc(b, '['))
		return TOO_MUCH;
	for (int i = 0; i < n && !why; i++) {
		jv element = jv_array_get(jv_copy(v), i);

		if (i > 0 && !buf_putc(b, ','))
			why = TOO_MUCH;
		else
			why = put_value(b, element, depth);
		jv_free(element);
	}
	return why ? why : buf_putc(b, ']') ? NULL : TOO_MUCH;
}

static const char *put_value(struct buf *b, jv v, unsigned depth)
{
	if (depth == JQVALUE_DEPTH_MAX)
		return "nested too deep";
	switch (jv_get_kind(v)) {
	case JV_KIND_NULL: return buf_puts(b, "null") ? NULL : TOO_MUCH;
	case JV_KIND_FALSE: return buf_puts(b, "false") ? NULL : TOO_MUCH;
	case JV_KIND_TRUE: return buf_puts(b, "true") ? NULL : TOO_MUCH;
	case JV_KIND_NUMBER: return put_number(b, jv_number_value(v));
	case JV_KIND_STRING: return put_string(b, v) ? NULL : TOO_MUCH;
	case JV_KIND_ARRAY: return put_array(b, v, depth + 1);
	case JV_KIND_OBJECT: return put_object(b, v, depth + 1, false);
	case JV_KIND_INVALID: break;
	}
	return "no value";
}

const char *jqvalue_write(struct buf *b, jv v, bool drop_nulls)
{
	if (drop_nulls && jv_get_kind(v) == JV_KIND_OBJECT)
		return put_object(b, v, 1, true);
	return put_value(b, v, 0);
}
