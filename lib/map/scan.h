/*
 * Finding the ends of strings and values in JSON text that is known to be
 * valid. All may read up to SCAN_PAD bytes past the end of what they scan.
 */
#ifndef SP_MAP_SCAN_H
#define SP_MAP_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SCAN_PAD 64
#define SCAN_ONES UINT64_C(0x0101010101010101)
#define SCAN_HIGHS UINT64_C(0x8080808080808080)

/* Bytes of w that are c have their high bit set; others may, after one. */
static inline uint64_t scan_find(uint64_t w, char c)
{
	w ^= SCAN_ONES * (unsigned char)c;
	return (w - SCAN_ONES) & ~w & SCAN_HIGHS;
}

static inline uint64_t scan_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static inline const char *scan_space(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

/*
 * The closing quote of a string, from past its opening one; *escaped is set if
 * it has a backslash.
 */
static inline const char *scan_string(const char *p, bool *escaped)
{
	for (;;) {
		uint64_t w = scan_load(p);
		uint64_t found = scan_find(w, '"') | scan_find(w, '\\');

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

/* Past a value, from its first byte. */
const char *scan_value(const char *);

#endif
