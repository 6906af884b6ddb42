/*
 * Finding the ends of strings and values in JSON text that is known to be
 * valid. All may read up to SCAN_PAD bytes past the end of what they scan.
 */
#ifndef SP_MAP_SCAN_H
#define SP_MAP_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/word.h"

#define SCAN_PAD 64

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
		uint64_t w = word_load(p);
		uint64_t found = word_find(w, '"') | word_find(w, '\\');

		if (!found) {
			p += 8;
			continue;
		}
		p += word_first(found);
		if (*p == '"')
			return p;
		*escaped = true;
		p += 2;
	}
}

/* Past a value, from its first byte. */
const char *scan_value(const char *);

#endif
