#include "base/base64.h"

#include <stdint.h>

void base64url(const void *from, size_t n, char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
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
	*text = '\0';
}
