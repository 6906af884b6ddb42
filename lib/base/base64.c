#include "base/base64.h"

#include <stdint.h>

#define DIGITS                       \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz0123456789"

/* Write n bytes without padding; the end of what was written. */
static char *encode(const void *from, size_t n, const char *digits, char *text)
{
	const unsigned char *p = from;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t bits = (uint32_t)p[i] << 16;

		bits |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		bits |= left > 2 ? p[i + 2] : 0;
		*text++ = digits[bits >> 18];
		*text++ = digits[bits >> 12 & 63];
		if (left > 1)
			*text++ = digits[bits >> 6 & 63];
		if (left > 2)
			*text++ = digits[bits & 63];
	}
	return text;
}

void base64url(const void *from, size_t n, char *text)
{
	*encode(from, n, DIGITS "-_", text) = '\0';
}

bool base64_put(struct buf *b, struct slice bytes)
{
	size_t n = (bytes.n + 2) / 3 * 4;
	char *text = buf_reserve(b, n), *end;

	if (!text)
		return false;
	end = encode(bytes.p, bytes.n, DIGITS "+/", text);
	while (end < text + n)
		*end++ = '=';
	b->n += n;
	return true;
}

/* The value of a digit; 64 for white space, 65 for padding, 66 for others. */
static unsigned value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	if (c == '+' || c == '/')
		return c == '+' ? 62 : 63;
	if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
		return 64;
	return c == '=' ? 65 : 66;
}

bool base64_read(struct buf *b, struct slice text)
{
	char *to = buf_reserve(b, text.n / 4 * 3 + 3), *from = to;
	uint32_t bits = 0;
	unsigned digits = 0, padding = 0;

	if (!to)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned v = value_of(text.p[i]);

		if (v == 64)
			continue;
		if (v == 66 || (v < 64 && padding))
			return false;
		if (v == 65) {
			padding++;
			continue;
		}
		bits = bits << 6 | v;
		if (++digits % 4 == 0) {
			*to++ = (char)(bits >> 16);
			*to++ = (char)(bits >> 8);
			*to++ = (char)bits;
		}
	}
	digits %= 4;
	if (digits == 1 || padding > 2 || (padding && digits + padding != 4))
		return false;
	if (digits > 1)
		*to++ = (char)(bits >> (digits == 2 ? 4 : 10));
	if (digits > 2)
		*to++ = (char)(bits >> 2);
	b->n += (size_t)(to - from);
	return true;
}
