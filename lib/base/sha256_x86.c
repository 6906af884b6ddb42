#include "base/sha256_blocks.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

bool sha256_x86_is_there(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) &&
	       (c & bit_SSSE3) && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
	       (b & bit_SHA);
}

/*
 * The registers hold four words each, the first in the lowest place. Of the
 * hash, the instructions want its words a, b, e and f in one, and c, d, g, h in
 * another, from the highest place down.
 */
#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, x) _mm_storeu_si128((__m128i *)(void *)(p), x)

/* The next four words of the message schedule, from the last sixteen. */
#define SCHEDULE(w0, w1, w2, w3)                                         \
	_mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), \
				 _mm_alignr_epi8(w3, w2, 4)),            \
	    w3)

__attribute__((target("sha,sse4.1,ssse3"))) static void add_block(
    __m128i *abef, __m128i *cdgh, const unsigned char *p)
{
	const __m128i big_endian =
	    _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i w0 = _mm_shuffle_epi8(LOAD(p), big_endian);
	__m128i w1 = _mm_shuffle_epi8(LOAD(p + 16), big_endian);
	__m128i w2 = _mm_shuffle_epi8(LOAD(p + 32), big_endian);
	__m128i w3 = _mm_shuffle_epi8(LOAD(p + 48), big_endian);
	__m128i x = *abef, y = *cdgh;

	for (int i = 0; i < SHA256_BLOCK; i += 4) {
		__m128i keyed = _mm_add_epi32(w0, LOAD(sha256_keys + i));
		__m128i next = SCHEDULE(w0, w1, w2, w3);

		y = _mm_sha256rnds2_epu32(y, x, keyed);
		x = _mm_sha256rnds2_epu32(x, y, _mm_shuffle_epi32(keyed, 0x0e));
		w0 = w1, w1 = w2, w2 = w3, w3 = next;
	}
	*abef = _mm_add_epi32(*abef, x);
	*cdgh = _mm_add_epi32(*cdgh, y);
}

__attribute__((target("sha,sse4.1,ssse3"))) void sha256_blocks_x86(
    uint32_t hash[8], const unsigned char *p, size_t count)
{
	__m128i badc = _mm_shuffle_epi32(LOAD(hash), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(LOAD(hash + 4), 0x1b);
	__m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
	__m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

	for (; count > 0; count--, p += SHA256_BLOCK)
		add_block(&abef, &cdgh, p);
	badc = _mm_shuffle_epi32(abef, 0x1b);
	hgfe = _mm_shuffle_epi32(cdgh, 0xb1);
	STORE(hash, _mm_blend_epi16(badc, hgfe, 0xf0));
	STORE(hash + 4, _mm_alignr_epi8(hgfe, badc, 8));
}

#else

bool sha256_x86_is_there(void)
{
	return false;
}

void sha256_blocks_x86(uint32_t hash[8], const unsigned char *p, size_t count)
{
	sha256_blocks_plain(hash, p, count);
}

#endif
