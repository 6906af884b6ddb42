#include "json/utf8.h"

#include "base/word.h"

/*
 * How many bytes from here belong to the sequence that the first of them
 * begins, whose length is `*n`; 0 if it begins none.
 */
static size_t valid_bytes(const char *s, const char *end, size_t *n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = (size_t)(end - s), i = 1;
	unsigned low = 0x80, high = 0xbf;

	*n = 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	*n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (left < 2 || p[1] < low || p[1] > high)
		return 1;
	while (++i < *n && i < left && (p[i] & 0xc0) == 0x80)
		continue;
	return i;
}

size_t utf8_length(const char *p, const char *end)
{
	size_t n;

	if (p == end)
		return 0;
	if ((unsigned char)*p < 0x80)
		return 1;
	return valid_bytes(p, end, &n) == n ? n : 0;
}

size_t utf8_invalid_length(const char *p, const char *end)
{
	size_t n, valid = valid_bytes(p, end, &n);

	return valid ? valid : 1;
}

size_t utf8_find_invalid(struct slice s)
{
	const char *p = s.p, *end = p ? p + s.n : p;

	while (p < end) {
		size_t n;

		if (end - p >= 8 && !(word_load(p) & WORD_HIGHS)) {
			p += 8;
			continue;
		}
		n = utf8_length(p, end);
		if (n == 0)
			break;
		p += n;
	}
	return s.n ? (size_t)(p - s.p) : 0;
}

bool utf8_put(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		size_t n = utf8_find_invalid(s);

		buf_put(b, s.p, n);
		s = slice_from(s, n);
		if (s.n == 0)
			break;
		buf_puts(b, UTF8_REPLACEMENT);
		s = slice_from(s, utf8_invalid_length(s.p, s.p + s.n));
	}
	return !b->failed;
}

size_t utf8_control(const char *s, const char *end, unsigned *code)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = utf8_length(s, end);
	unsigned c;

	if (n == 0 || n > 3)
		return 0;
	c = n == 1 ? p[0]
	    : n == 2
		? (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU)
		: (p[0] & 0xfU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
	*code = c;
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return n;
	return 0;
}
