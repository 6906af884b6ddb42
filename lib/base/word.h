/*
 * Eight bytes of a text at a time: a word, whose lowest byte is the first one
 * of the text, on every machine.
 */
#ifndef SP_BASE_WORD_H
#define SP_BASE_WORD_H

#include <stdint.h>
#include <string.h>

#define WORD_ONES UINT64_C(0x0101010101010101)
/* The high bit of each byte. */
#define WORD_HIGHS UINT64_C(0x8080808080808080)

static inline uint64_t word_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/*
 * Mark the bytes that are c, which is ASCII, with their high bit. The lowest
 * mark is exact; by a borrow there may be wrong ones above it.
 */
static inline uint64_t word_find(uint64_t w, char c)
{
	w ^= WORD_ONES * (unsigned char)c;
	return (w - WORD_ONES) & ~w & WORD_HIGHS;
}

/*
 * The same for the bytes that end a run of plain ones in a JSON string:
 * control characters, the quote, the backslash, and what is not ASCII.
 */
static inline uint64_t word_find_special(uint64_t w)
{
	uint64_t quote = w ^ (WORD_ONES * '"'), slash = w ^ (WORD_ONES * '\\');

	return ((w - WORD_ONES * 0x20) | w | (quote - WORD_ONES) |
		   (slash - WORD_ONES)) &
	       WORD_HIGHS;
}

/* The index of the lowest byte that is marked; at least one is. */
static inline unsigned word_first(uint64_t marks)
{
	return (unsigned)__builtin_ctzll(marks) / 8;
}

#endif
