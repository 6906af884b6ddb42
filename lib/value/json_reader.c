/*
 * This reads values, and finds out whether a text is JSON. What is wrong with
 * one that is not, json_check says.
 *
 * Few functions look for the end of the text. It begins and ends with a
 * bracket; a string, number or word by itself is copied, with NULs after it.
 * White space, numbers and words stop at the last bracket by themselves. So
 * only a string, or what follows a closing bracket, might pass the end.
 *
 * Functions take the place to read from, and return where they end, or NULL
 * where the text is no JSON.
 */
#include "value/json_reader.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/word.h"
#include "json/json.h"

/* The height of what is not written as it was read. */
#define NO_RAW 1000

/* So much of the stack stays from one text to the next. */
#define STACK_KEPT ((size_t)1 << 20)

#define STACK_FIRST 4096

/* Longer names are not guessed: they might not end before the pad does. */
#define GUESSED_MAX (READER_PAD - NAME_PAD)

/* Numbers of so many digits are exact, and are written as they were read. */
#define DIGITS_EXACT 15

void json_reader_release(struct json_reader *r)
{
	free(r->stack);
	r->stack = NULL;
	r->stack_n = r->stack_room = 0;
}

static void grow_stack(struct json_reader *r, size_t size)
{
	if (r->stack_room > r->heap->max)
		heap_exceed(r->heap, HEAP_NO_MEMORY);
	r->stack = mem_grow(r->stack, &r->stack_room, r->stack_n + size, 1);
}

/* Room for a child of the innermost open array or object. */
static inline void *push(struct json_reader *r, size_t size)
{
	if (r->stack_room - r->stack_n < size)
		grow_stack(r, size);
	r->stack_n += size;
	return r->stack + r->stack_n - size;
}

static const char *skip_some_space(struct json_reader *r, const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
		p++;
	r->height = NO_RAW;
	return p;
}

/* Mostly there is no space: one look is enough. */
static inline const char *skip_space(struct json_reader *r, const char *p)
{
	return (unsigned char)*p <= ' ' ? skip_some_space(r, p) : p;
}

/*
 * Marks of the bytes of a block that are special in a string: control
 * characters, the quote, the backslash, and what is not ASCII. Of several, only
 * the first may be marked.
 */
#ifdef __SSE2__
#define TEXT_BLOCK 16

static inline uint64_t find_special(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* Less than a space, as signed, is what is not ASCII, too. */
	__m128i special = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
		_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));

	return (uint64_t)_mm_movemask_epi8(special);
}

static inline unsigned first_mark(uint64_t marks)
{
	return (unsigned)__builtin_ctzll(marks);
}
#else
#define TEXT_BLOCK 8

static inline uint64_t find_special(const char *p)
{
	uint64_t marks = word_find_special(word_load(p));

	return marks & (0 - marks);
}

static inline unsigned first_mark(uint64_t marks)
{
	return word_first(marks);
}
#endif

/* Past the bytes of a string that mean themselves. */
static inline const char *skip_plain(const char *p, const char *end)
{
	for (; p < end; p += TEXT_BLOCK) {
		uint64_t marks = find_special(p);

		if (marks)
			return p + first_mark(marks);
	}
	return p;
}

/* 0 if it is none. */
static size_t escape_length(const char *p)
{
	if (p[1] != 'u')
		return p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
	for (int i = 2; i < 6; i++)
		if (hex_digit(p[i]) < 0)
			return 0;
	return 6;
}

/* Past what is not plain in a string, up to its closing quote. */
static const char *skip_special(
    struct json_reader *r, const char *p, bool *escaped)
{
	while (p < r->end && *p != '"') {
		size_t n = 0;

		if (*p == '\\') {
			*escaped = true;
			n = escape_length(p);
		} else if ((unsigned char)*p >= ' ') {
			n = utf8_length(p, r->end);
		}
		if (n == 0)
			return NULL;
		p += n;
		if ((unsigned char)*p < 0x80)
			p = skip_plain(p, r->end);
	}
	return p < r->end ? p : NULL;
}

/* What a string with escapes means. */
static struct slice unescape(struct json_reader *r, struct slice written)
{
	struct buf b = {.cap = written.n, .max = written.n};

	b.p = heap_alloc(r->heap, written.n);
	json_unescape(written, &b);
	return buf_slice(&b);
}

/* A string, from its opening quote. */
static inline const char *read_string(
    struct json_reader *r, const char *p, struct slice *to, bool *escaped)
{
	const char *from = p + 1;

	*escaped = false;
	p = skip_plain(from, r->end);
	if (*p != '"' || p >= r->end) {
		p = skip_special(r, p, escaped);
		if (!p)
			return NULL;
	}
	*to = (struct slice){from, (size_t)(p - from)};
	if (*escaped) {
		*to = unescape(r, *to);
		r->height = NO_RAW;
	}
	return p + 1;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p)
{
	const char *from = p;

	while (is_digit(*p))
		p++;
	return p == from ? NULL : p;
}

/* A number with many digits or an exponent. */
static const char *read_long_number(
    struct json_reader *r, const char *p, struct jq_value *to)
{
	const char *from = p;
	char *end;
	double d;

	p = skip_digits(p + (*p == '-'));
	if (p && *p == '.')
		p = skip_digits(p + 1);
	if (p && (*p == 'e' || *p == 'E'))
		p = skip_digits(p + 1 + (p[1] == '+' || p[1] == '-'));
	if (!p)
		return NULL;
	r->height = NO_RAW;
	d = strtod(from, &end);
	if (isinf(d))
		d = d > 0 ? DBL_MAX : -DBL_MAX;
	*to = jq_number(d);
	return end == p ? p : NULL;
}

/*
 * A number of few digits is exact without its point, and so is the power of ten
 * that divides it: the quotient is the nearest double.
 */
static const char *read_number(
    struct json_reader *r, const char *p, struct jq_value *to)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
	    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	bool negative = *p == '-';
	const char *from = p, *first = p + negative, *point;
	uint64_t v = 0;
	double d;

	for (p = first; is_digit(*p); p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == first || (*first == '0' && p - first > 1))
		return NULL;
	point = p;
	if (*p == '.')
		for (p++; is_digit(*p); p++)
			v = v * 10 + (uint64_t)(*p - '0');
	if (p - first > DIGITS_EXACT || p[-1] == '.' || *p == 'e' || *p == 'E')
		return read_long_number(r, from, to);
	d = (double)v;
	if (p > point) {
		d /= tens[p - point - 1];
		/* Else it is written with an exponent, or without the zero. */
		if (d < 1e-4 || p[-1] == '0')
			r->height = NO_RAW;
	}
	*to = jq_number(negative ? -d : d);
	return p;
}

static inline const char *read_word(const char *p, struct slice word,
    struct jq_value meant, struct jq_value *to)
{
	if (memcmp(p, word.p, word.n) != 0)
		return NULL;
	*to = meant;
	return p + word.n;
}

#define EXPECT_STRINGS (EXPECT_STRING | EXPECT_TEXT | EXPECT_DATE)

static unsigned kinds_of(struct jq_value v)
{
	double d = v.number;

	switch (v.kind) {
	case JQ_OBJECT: return EXPECT_OBJECT;
	case JQ_ARRAY: return EXPECT_ARRAY;
	case JQ_STRING: return EXPECT_STRINGS;
	case JQ_TRUE:
	case JQ_FALSE: return EXPECT_BOOLEAN;
	case JQ_NUMBER:
		return EXPECT_NUMBER | EXPECT_LENGTH |
		       (d >= 0 && d == floor(d) ? EXPECT_COUNT : 0);
	default: return ~0u;
	}
}

/* Whether a value of expected kinds is written for a lack of one. */
static bool is_nothing(struct jq_value v, unsigned kinds)
{
	struct slice s;

	if (v.kind == JQ_NUMBER)
		return (kinds & EXPECT_LENGTH) && v.number == 0;
	if (v.kind != JQ_STRING || !(kinds & (EXPECT_TEXT | EXPECT_DATE)))
		return false;
	s = jq_slice(v);
	return s.n == 0 ||
	       ((kinds & EXPECT_DATE) &&
		   (slice_is(s, "0") || slice_starts(s, SLICE("0000"))));
}

static void check_member(
    struct json_reader *r, struct jq_value *v, unsigned kinds)
{
	if (!(kinds_of(*v) & kinds))
		r->odd = true;
	if (is_nothing(*v, kinds)) {
		*v = jq_null();
		r->height = NO_RAW;
	}
}

/* Whether a text begins with this one; up to 7 bytes after both are read. */
static inline bool begins(const char *p, const char *text, size_t n)
{
	for (; n > 8; n -= 8, p += 8, text += 8)
		if (word_load(p) != word_load(text))
			return false;
	return (word_load(p) ^ word_load(text)) << (64 - 8 * n) == 0;
}

/* The name of a member that is not the one guessed, and its colon. */
static const char *read_other_name(
    struct json_reader *r, const char *p, struct name **guess, struct name **to)
{
	struct slice text;
	bool escaped;

	if (*p != '"')
		return NULL;
	p = read_string(r, p, &text, &escaped);
	if (!p)
		return NULL;
	*to = names_of(r->names, r->heap, text);
	if ((*to)->id < NAME_IDS && (*to)->plain && text.n <= GUESSED_MAX)
		*guess = *to;
	p = skip_space(r, p);
	return *p == ':' ? p + 1 : NULL;
}

/*
 * The name of a member, and its colon. Mostly it is the one that came last time
 * after `before` in an object that is `within`.
 */
static inline const char *read_name(struct json_reader *r, const char *p,
    const struct name *within, const struct name *before, struct name **to)
{
	struct name **guess =
	    &r->guesses[(within->id * 67 + before->id) % READER_GUESSES];
	struct name *name = *guess;

	if (*p == '"' && name &&
	    begins(p + 1, name->text.p, name->text.n + 2)) {
		*to = name;
		p += name->text.n + 3;
		return p < r->end ? p : NULL;
	}
	return read_other_name(r, p, guess, to);
}

static const char *read_value(struct json_reader *, const char *,
    struct jq_value *to, const struct name *within, unsigned elements);

/* Past a closing bracket. Only that of the whole text is at its end. */
static const char *close_value(struct json_reader *r, const char *p)
{
	r->depth--;
	return ++p == r->end && r->depth > 0 ? NULL : p;
}

/* The text of what is closed, if writing the value gives the same. */
static struct slice raw_of(struct json_reader *r, const char *from,
    const char *to, unsigned outer_height)
{
	unsigned height = r->height + 1;

	r->height = height > outer_height ? height : outer_height;
	if (height > JQ_RAW_DEPTH)
		return (struct slice){NULL, 0};
	return (struct slice){from, (size_t)(to - from)};
}

/* Members, from the first one's name; they are left on the stack. */
static const char *read_members(struct json_reader *r, const char *p,
    const struct name *within, bool *may_repeat)
{
	static const struct expected_kinds any;
	uint64_t seen = 0;
	struct jq_member m = {.name = r->root};

	for (;;) {
		const struct expected_kinds *kinds = &any;
		uint64_t bit;

		p = read_name(r, p, within, m.name, &m.name);
		if (!p)
			return NULL;
		if (r->expected && m.name->id < NAME_IDS)
			kinds = &r->expected[m.name->id];
		bit = (uint64_t)1 << (m.name->id % 64);
		*may_repeat |= (seen & bit) != 0;
		seen |= bit;
		p = skip_space(r, p);
		p = read_value(r, p, &m.value, m.name, kinds->elements);
		if (!p)
			return NULL;
		if (kinds->member)
			check_member(r, &m.value, kinds->member);
		memcpy(push(r, sizeof(m)), &m, sizeof(m));
		p = skip_space(r, p);
		if (*p != ',')
			return p;
		p = skip_space(r, p + 1);
	}
}

static const char *read_object(struct json_reader *r, const char *p,
    struct jq_value *to, const struct name *within)
{
	const char *from = p;
	size_t base = r->stack_n, n;
	unsigned outer = r->height;
	bool may_repeat = false;

	r->height = 0;
	p = skip_space(r, p + 1);
	if (*p != '}')
		p = read_members(r, p, within, &may_repeat);
	if (!p || *p != '}')
		return NULL;
	n = (r->stack_n - base) / sizeof(struct jq_member);
	*to = jq_object_of(
	    r->heap, (void *)(r->stack + base), (uint32_t)n, may_repeat);
	r->stack_n = base;
	r->members = n;
	if (to->n < n)
		r->height = NO_RAW;
	to->object->raw = raw_of(r, from, p + 1, outer);
	return close_value(r, p);
}

static void push_string(
    struct json_reader *r, const char *from, const char *end)
{
	struct jq_value *to = push(r, sizeof(*to));

	*to = (struct jq_value){.kind = JQ_STRING,
	    .plain = true,
	    .n = (uint32_t)(end - from),
	    .text = from};
}

/*
 * Strings without escapes, from the quote of the first, as long as others
 * follow: long arrays are mostly of short strings, some of which are in one
 * block. Stops at the quote of one that is still to be read.
 */
static const char *read_strings(struct json_reader *r, const char *p)
{
	const char *block = p + 1;
	uint64_t marks = find_special(block);

	for (;;) {
		const char *end;

		for (; !marks; marks = find_special(block))
			if ((block += TEXT_BLOCK) >= r->end)
				return p;
		end = block + first_mark(marks);
		if (end >= r->end || memcmp(end, "\",\"", 3) != 0)
			return p;
		push_string(r, p + 1, end);
		p = end + 2;
		marks &= marks - 1;
		if (marks) {
			marks &= marks - 1; /* the next one's opening quote */
		} else {
			block = p + 1;
			marks = find_special(block);
		}
	}
}

/* Elements, from the first; they are left on the stack. */
static const char *read_elements(struct json_reader *r, const char *p,
    const struct name *within, unsigned kinds)
{
	bool strings = !kinds || (kinds & EXPECT_STRINGS);
	struct jq_value v;

	for (;;) {
		if (*p == '"' && strings)
			p = read_strings(r, p);
		p = read_value(r, p, &v, within, 0);
		if (!p)
			return NULL;
		if (kinds && !(kinds_of(v) & kinds))
			r->odd = true;
		memcpy(push(r, sizeof(v)), &v, sizeof(v));
		p = skip_space(r, p);
		if (*p != ',')
			return p;
		p = skip_space(r, p + 1);
	}
}

static const char *read_array(struct json_reader *r, const char *p,
    struct jq_value *to, const struct name *within, unsigned kinds)
{
	const char *from = p;
	size_t base = r->stack_n, n;
	unsigned outer = r->height;

	r->height = 0;
	p = skip_space(r, p + 1);
	if (*p != ']')
		p = read_elements(r, p, within, kinds);
	if (!p || *p != ']')
		return NULL;
	n = (r->stack_n - base) / sizeof(struct jq_value);
	*to = jq_array_of(r->heap, (void *)(r->stack + base), (uint32_t)n);
	r->stack_n = base;
	to->array->raw = raw_of(r, from, p + 1, outer);
	return close_value(r, p);
}

/* A value of a member whose name is `within`, or inside of its array. */
static const char *read_value(struct json_reader *r, const char *p,
    struct jq_value *to, const struct name *within, unsigned elements)
{
	struct slice text;
	bool escaped;

	switch (*p) {
	case '"':
		p = read_string(r, p, &text, &escaped);
		if (!p)
			return NULL;
		*to = jq_string(text);
		to->plain = !escaped;
		return p;
	case '{':
		if (r->depth++ == JSON_DEPTH_MAX)
			return NULL;
		return read_object(r, p, to, within);
	case '[':
		if (r->depth++ == JSON_DEPTH_MAX)
			return NULL;
		return read_array(r, p, to, within, elements);
	case 't': return read_word(p, SLICE("true"), jq_bool(true), to);
	case 'f': return read_word(p, SLICE("false"), jq_bool(false), to);
	case 'n': return read_word(p, SLICE("null"), jq_null(), to);
	default: return read_number(r, p, to);
	}
}

/* A copy of a text, followed by NULs. */
static struct slice copy_padded(struct heap *h, struct slice text)
{
	char *p = heap_alloc(h, text.n + READER_PAD);

	if (text.n)
		memcpy(p, text.p, text.n);
	memset(p + text.n, 0, READER_PAD);
	return (struct slice){p, text.n};
}

static void begin_text(struct json_reader *r)
{
	r->odd = false;
	r->error = NULL;
	r->at = r->stack_n = r->depth = r->height = 0;
	if (!r->root)
		r->root = names_add(r->names, SLICE(""));
	if (r->stack_room > STACK_KEPT)
		json_reader_release(r);
	if (!r->stack)
		grow_stack(r, STACK_FIRST);
}

bool json_read(struct json_reader *r, struct slice text, struct jq_value *to)
{
	struct slice s = slice_trim(text);
	const char *p = NULL;
	struct json j;

	begin_text(r);
	if (s.n > 0 && *s.p != '{' && *s.p != '[')
		s = copy_padded(r->heap, s);
	else if (s.n > 0 && s.p[s.n - 1] != '}' && s.p[s.n - 1] != ']')
		s.n = 0;
	r->end = s.p + s.n;
	if (s.n > 0)
		p = read_value(r, s.p, to, r->root, 0);
	if (p && p == r->end)
		return true;
	json_check(&j, text);
	r->error = j.error;
	r->at = j.at;
	return false;
}
