#include "json/json.h"

#include <limits.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/word.h"

/* What the grammar allows next. */
enum {
	WANT_VALUE,
	WANT_FIRST_ELEMENT, /* after '[': a value or ']' */
	WANT_FIRST_MEMBER,  /* after '{': a name or '}' */
	WANT_MORE,	    /* after a value: ',' or a closing bracket */
	WANT_NOTHING,	    /* after the one value of the text */
	BROKEN
};

const char json_utf16[] = "UTF-16, not UTF-8";
static const char no_end[] = "string without end";

/* The longest token that fails as a whole: two escapes of surrogates. */
#define LONGEST_TOKEN 12

void json_init(struct json *j, struct slice text)
{
	j->start = j->p = text.p ? text.p : "";
	j->end = j->p + text.n;
	j->key = j->text = (struct slice){NULL, 0};
	j->key_escaped = j->escaped = j->spaced = false;
	j->depth = 0;
	j->deepest = JSON_DEPTH_MAX;
	j->error = j->flaw = NULL;
	j->at = j->flaw_at = 0;
	j->lenient = false;
	j->state = WANT_VALUE;
}

static void record_flaw(struct json *j, const char *at, const char *what)
{
	if (j->flaw)
		return;
	j->flaw = what;
	j->flaw_at = (size_t)(at - j->start);
}

void json_init_lenient(struct json *j, struct slice text)
{
	json_init(j, text);
	j->lenient = true;
	if (slice_starts(text, SLICE(UTF8_BOM))) {
		record_flaw(j, j->p, "byte order mark (skipped)");
		j->p += strlen(UTF8_BOM);
	}
}

/* Whether a text begins as ASCII in UTF-16 does, or with its order mark. */
static bool is_utf16(const struct json *j)
{
	const unsigned char *p = (const unsigned char *)j->start;
	size_t n = (size_t)(j->end - j->start);

	if (n >= 2 && (p[0] ^ p[1]) == 1 && (p[0] & p[1]) == 0xfe)
		return true;
	return n >= 4 && !p[0] == !p[2] && !p[1] == !p[3] && !p[0] != !p[1];
}

static enum json_type fail(struct json *j, const char *at, const char *why)
{
	j->error = is_utf16(j) ? json_utf16 : why;
	j->at = (size_t)(at - j->start);
	j->state = BROKEN;
	return JSON_ERROR;
}

static void skip_some_space(struct json *j)
{
	const char *p = j->p;

	if (p < j->end && (unsigned char)*p > ' ')
		return;
	while (
	    p < j->end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	if (p != j->p)
		j->spaced = true;
	j->p = p;
}

/* What a program wrote has no space: one look is enough. */
static inline void skip_space(struct json *j)
{
	if (j->p < j->end && (unsigned char)*j->p <= ' ')
		skip_some_space(j);
}

static bool in_object(const struct json *j)
{
	unsigned i = j->depth - 1;

	return j->open[i / 8] >> (i % 8) & 1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Past the bytes of a string that mean themselves, eight at a time. */
static const char *skip_plain(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t special = word_find_special(word_load(p));

		if (special)
			return p + word_first(special);
		p += 8;
	}
	while (p < end && (unsigned char)*p >= 0x20 &&
	       (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Four hexadecimal digits, or -1. */
static int hex4(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* Past an escape, from its backslash; NULL if it is not one. */
static const char *skip_escape(struct json *j, const char *p)
{
	if (j->end - p < 2) {
		fail(j, p, no_end);
		return NULL;
	}
	if (p[1] != 'u') {
		if (p[1] != '\0' && strchr("\"\\/bfnrt", p[1]))
			return p + 2;
		fail(j, p, "unknown escape");
		return NULL;
	}
	if (hex4(p + 2, j->end) < 0) {
		fail(j, p, "\\u without four hexadecimal digits");
		return NULL;
	}
	return p + 6;
}

/* A string, from its opening quote. */
static bool read_string(struct json *j, struct slice *text, bool *escaped)
{
	const char *from = j->p + 1, *p = from;

	*escaped = false;
	for (;;) {
		size_t n;

		p = skip_plain(p, j->end);
		if (p == j->end) {
			fail(j, j->p, no_end);
			return false;
		}
		if (*p == '"')
			break;
		if (*p == '\\') {
			*escaped = true;
			p = skip_escape(j, p);
			if (!p)
				return false;
			continue;
		}
		if ((unsigned char)*p < 0x20) {
			fail(j, p,
			    *p ? "control character in a string"
			       : "NUL in a string");
			return false;
		}
		n = utf8_length(p, j->end);
		if (n == 0 && !j->lenient) {
			fail(j, p, "invalid UTF-8");
			return false;
		}
		if (n == 0) {
			record_flaw(j, p, "invalid UTF-8 (taken as U+FFFD)");
			n = utf8_invalid_length(p, j->end);
		}
		p += n;
	}
	*text = (struct slice){from, (size_t)(p - from)};
	j->p = p + 1;
	return true;
}

static bool skip_digits(struct json *j, const char **p)
{
	const char *from = *p;

	while (*p < j->end && is_digit(**p))
		++*p;
	if (*p == from)
		fail(j, from, "number without a digit");
	return *p != from;
}

static enum json_type read_number(struct json *j)
{
	const char *p = j->p;

	if (*p == '-')
		p++;
	if (p < j->end && *p == '0') {
		p++;
		if (p < j->end && is_digit(*p))
			return fail(j, p, "number with a leading zero");
	} else if (!skip_digits(j, &p)) {
		return JSON_ERROR;
	}
	if (p < j->end && *p == '.') {
		p++;
		if (!skip_digits(j, &p))
			return JSON_ERROR;
	}
	if (p < j->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < j->end && (*p == '+' || *p == '-'))
			p++;
		if (!skip_digits(j, &p))
			return JSON_ERROR;
	}
	j->text = (struct slice){j->p, (size_t)(p - j->p)};
	j->p = p;
	return JSON_NUMBER;
}

static enum json_type read_literal(
    struct json *j, struct slice word, enum json_type type)
{
	struct slice rest = {j->p, (size_t)(j->end - j->p)};

	if (!slice_starts(rest, word))
		return fail(j, j->p, "unknown word");
	j->text = (struct slice){j->p, word.n};
	j->p += word.n;
	return type;
}

static enum json_type open_container(struct json *j, enum json_type type)
{
	unsigned i = j->depth;

	if (i >= j->deepest)
		return fail(j, j->p, "nested too deep");
	if (type == JSON_OBJECT)
		j->open[i / 8] |= (unsigned char)(1u << (i % 8));
	else
		j->open[i / 8] &= (unsigned char)~(1u << (i % 8));
	j->depth++;
	j->state = type == JSON_OBJECT ? WANT_FIRST_MEMBER : WANT_FIRST_ELEMENT;
	j->text = (struct slice){j->p++, 1};
	return type;
}

static enum json_type close_container(struct json *j)
{
	bool object = in_object(j);

	if (*j->p != (object ? '}' : ']'))
		return fail(j, j->p, "wrong closing bracket");
	j->p++;
	j->depth--;
	j->state = j->depth ? WANT_MORE : WANT_NOTHING;
	return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static const char *no_value(const struct json *j)
{
	struct slice rest = {j->p, (size_t)(j->end - j->p)};

	if (j->p == j->start && slice_starts(rest, SLICE(UTF8_BOM)))
		return "byte order mark";
	return "no value";
}

static enum json_type read_value(struct json *j)
{
	enum json_type type;

	switch (*j->p) {
	case '{': return open_container(j, JSON_OBJECT);
	case '[': return open_container(j, JSON_ARRAY);
	case '"':
		type = read_string(j, &j->text, &j->escaped) ? JSON_STRING
							     : JSON_ERROR;
		break;
	case 't': type = read_literal(j, SLICE("true"), JSON_TRUE); break;
	case 'f': type = read_literal(j, SLICE("false"), JSON_FALSE); break;
	case 'n': type = read_literal(j, SLICE("null"), JSON_NULL); break;
	case '\0': return fail(j, j->p, "NUL outside a string");
	default:
		if (*j->p != '-' && !is_digit(*j->p))
			return fail(j, j->p, no_value(j));
		type = read_number(j);
	}
	if (type != JSON_ERROR)
		j->state = j->depth ? WANT_MORE : WANT_NOTHING;
	return type;
}

/* A member's name and its colon; stops at the value. */
static bool read_key(struct json *j)
{
	if (*j->p != '"') {
		fail(j, j->p, "no name of a member");
		return false;
	}
	if (!read_string(j, &j->key, &j->key_escaped))
		return false;
	skip_space(j);
	if (j->p == j->end || *j->p != ':') {
		fail(j, j->p, "no colon after a name");
		return false;
	}
	j->p++;
	skip_space(j);
	if (j->p == j->end) {
		fail(j, j->p, "cut");
		return false;
	}
	return true;
}

enum json_type json_next(struct json *j)
{
	if (j->state == BROKEN)
		return JSON_ERROR;
	skip_space(j);
	if (j->state == WANT_NOTHING)
		return j->p == j->end ? JSON_END
				      : fail(j, j->p, "more than one value");
	if (j->p == j->end)
		return fail(j, j->p, j->state == WANT_VALUE ? "empty" : "cut");
	if (j->state == WANT_MORE) {
		if (*j->p != ',')
			return *j->p == ']' || *j->p == '}'
				   ? close_container(j)
				   : fail(j, j->p, "no comma");
		j->p++;
		skip_space(j);
		if (j->p == j->end)
			return fail(j, j->p, "cut");
	} else if ((j->state == WANT_FIRST_ELEMENT && *j->p == ']') ||
		   (j->state == WANT_FIRST_MEMBER && *j->p == '}')) {
		return close_container(j);
	}
	if (j->depth > 0 && in_object(j) && !read_key(j))
		return JSON_ERROR;
	return read_value(j);
}

/*
 * Past `,"text"` and, in an object, `,"name":"text"`, as often as they come:
 * most of what is skipped is that. Stops before anything else.
 */
static void skip_strings(struct json *j)
{
	const char *end = j->end, *p = j->p;
	bool object = in_object(j);

	while (end - p >= 4 && p[0] == ',' && p[1] == '"') {
		const char *q = skip_plain(p + 2, end);

		if (object) {
			if (end - q < 4 || q[0] != '"' || q[1] != ':' ||
			    q[2] != '"')
				break;
			q = skip_plain(q + 3, end);
		}
		if (q == end || *q != '"')
			break;
		p = q + 1;
	}
	j->p = p;
}

bool json_skip(struct json *j, enum json_type type)
{
	const char *from;
	unsigned depth = j->depth;

	switch (type) {
	case JSON_STRING:
		j->text.p--;
		j->text.n += 2;
		return true;
	case JSON_ARRAY:
	case JSON_OBJECT: break;
	default: return type != JSON_ERROR;
	}
	from = j->p - 1;
	while (j->depth >= depth) {
		if (j->state == WANT_MORE)
			skip_strings(j);
		if (json_next(j) == JSON_ERROR)
			return false;
	}
	j->text = (struct slice){from, (size_t)(j->p - from)};
	return true;
}

static bool read_one_value(struct json *j)
{
	return json_skip(j, json_next(j)) && json_next(j) == JSON_END;
}

bool json_check(struct json *j, struct slice text)
{
	json_init(j, text);
	return read_one_value(j);
}

bool json_check_lenient(struct json *j, struct slice text)
{
	json_init_lenient(j, text);
	return read_one_value(j);
}

/* Multiply by a power of ten; false if it gets greater than the limit. */
static bool shift_decimal(uint64_t *v, int64_t power, uint64_t limit)
{
	for (; power > 0 && *v > 0; power--) {
		if (*v > limit / 10)
			return false;
		*v *= 10;
	}
	return true;
}

/* Read the exponent of a number, cut to what can matter. */
static bool read_exponent(struct slice s, int64_t *exponent)
{
	bool negative = s.n > 0 && *s.p == '-';
	int64_t e = 0;

	if (s.n > 0 && (*s.p == '-' || *s.p == '+'))
		s = slice_from(s, 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (e < INT32_MAX)
			e = e * 10 + (s.p[i] - '0');
	}
	*exponent = negative ? -e : e;
	return s.n > 0;
}

/*
 * Read a number without its sign. Zeros wait for a digit after them: any
 * number of them may end a whole number, before or after the point.
 */
static bool read_whole(struct slice s, uint64_t limit, uint64_t *v)
{
	bool fraction = false;
	int64_t zeros = 0, shift = 0, exponent = 0;
	size_t i = 0;

	for (; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (s.p[i] == '.' && i > 0 && !fraction) {
			fraction = true;
			continue;
		}
		if (digit > 9)
			return false;
		shift -= fraction;
		zeros++;
		if (digit == 0)
			continue;
		if (!shift_decimal(v, zeros, limit) || *v > limit - digit)
			return false;
		*v += digit;
		zeros = 0;
	}
	if (i == 0 ||
	    (i < s.n && !read_exponent(slice_from(s, i + 1), &exponent)))
		return false;
	shift += zeros + exponent;
	return *v == 0 || (shift >= 0 && shift_decimal(v, shift, limit));
}

bool json_whole(struct slice s, int64_t *value)
{
	bool negative = s.n > 0 && *s.p == '-';
	uint64_t v = 0;

	if (!read_whole(
		slice_from(s, negative), (uint64_t)INT64_MAX + negative, &v))
		return false;
	*value = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* The character of an escape, and where it ends; the escape is valid. */
static uint32_t decode_escape(const char **at, const char *end)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *p = *at;
	uint32_t unit;
	int low = -1;

	if (p[1] != 'u') {
		*at = p + 2;
		return (unsigned char)means[strchr(names, p[1]) - names];
	}
	unit = (uint32_t)hex4(p + 2, end);
	*at = p + 6;
	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	if (unit <= 0xdbff && end - p >= 12 && p[6] == '\\' && p[7] == 'u')
		low = hex4(p + 8, end);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*at = p + 12;
	return 0x10000 + ((unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
}

static size_t encode_utf8(uint32_t c, char to[4])
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool json_unescape(struct slice s, struct buf *to)
{
	const char *p = s.p, *end = p ? p + s.n : p;

	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		char c[4];
		size_t n;

		if (!slash)
			slash = end;
		if (!buf_put(to, p, (size_t)(slash - p)))
			return false;
		p = slash;
		if (p == end)
			break;
		n = encode_utf8(decode_escape(&p, end), c);
		if (!buf_put(to, c, n))
			return false;
	}
	return true;
}

bool json_text_is(struct slice written, bool escaped, struct slice meant)
{
	const char *p = written.p, *end;

	if (!escaped || written.n == 0)
		return slice_eq(written, meant);
	end = p + written.n;
	while (p < end) {
		char c[4];
		size_t n = 1;

		c[0] = *p;
		if (*p == '\\')
			n = encode_utf8(decode_escape(&p, end), c);
		else
			p++;
		if (meant.n < n || memcmp(meant.p, c, n) != 0)
			return false;
		meant = slice_from(meant, n);
	}
	return meant.n == 0;
}

bool json_may_be_cut(const struct json *j)
{
	size_t n = (size_t)(j->end - j->start);

	if (!j->error)
		return j->p == j->end && n > 0 && is_digit(j->p[-1]);
	return j->error != json_utf16 &&
	       (j->error == no_end || j->at + LONGEST_TOKEN >= n);
}
