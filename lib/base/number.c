#include "base/number.h"

bool number_parse(struct slice s, int64_t *value)
{
	bool negative = s.n > 0 && *s.p == '-';
	uint64_t v = 0, limit = (uint64_t)INT64_MAX + negative;

	if (negative)
		s = slice_from(s, 1);
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9 || v > (limit - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}
