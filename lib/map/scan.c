#include "map/scan.h"

#include <stddef.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The position in an array or object. */
struct scan {
	const char *p;
	uint64_t depth;
	bool in_string;
};

/* Scan bytes, to `end` or a little past it; true at the last bracket. */
static bool scan_bytes(struct scan *s, const char *end)
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

/* Scan SCAN_PAD bytes at once; true at the last bracket. */
static bool scan_block(struct scan *s)
{
	__m128i v[4];
	uint64_t strings, opening, closing, brackets;

	for (size_t i = 0; i < 4; i++)
		v[i] = _mm_loadu_si128(
		    (const __m128i *)(const void *)(s->p + 16 * i));
	if (find(v, '\\', 0))
		return scan_bytes(s, s->p + SCAN_PAD);
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
	s->p += SCAN_PAD;
	return false;
}
#else
static bool scan_block(struct scan *s)
{
	return scan_bytes(s, s->p + SCAN_PAD);
}
#endif

const char *scan_value(const char *p)
{
	struct scan s = {.p = p};
	bool escaped;

	switch (*p) {
	case '"': return scan_string(p + 1, &escaped) + 1;
	case '{':
	case '[':
		while (!scan_block(&s))
			;
		return s.p;
	default:
		while (*p != ',' && *p != ']' && *p != '}' &&
		       (unsigned char)*p > ' ')
			p++;
		return p;
	}
}
