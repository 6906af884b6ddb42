/* UTF-8 as RFC 3629 has it: no surrogates, nothing overlong or too high. */
#ifndef SP_JSON_UTF8_H
#define SP_JSON_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* Replaces bytes that are not UTF-8: U+FFFD, the replacement character. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* The byte order mark, which some programs put before a text. */
#define UTF8_BOM "\xef\xbb\xbf"

/* Length of the sequence that starts here, 1 to 4, or 0 if it is invalid. */
size_t utf8_length(const char *p, const char *end);

/*
 * Length of the bytes that one replacement character replaces, where
 * utf8_length is 0: the longest beginning of a valid sequence, or one byte.
 * Never a byte of ASCII. This is what browsers and Python replace, too.
 */
size_t utf8_invalid_length(const char *p, const char *end);

/* Offset of the first byte that is no UTF-8; the length if there is none. */
size_t utf8_find_invalid(struct slice);

/* Append a text with replacement characters for what is no UTF-8. */
bool utf8_put(struct buf *, struct slice);

/*
 * Length of the character that starts here if it controls the terminal that
 * shows it, else 0; `code` is then its number. These are the control characters
 * (C0, DEL and C1) and those that break lines or change the direction of the
 * text (U+2028 to U+202E, U+2066 to U+2069).
 */
size_t utf8_control(const char *p, const char *end, unsigned *code);

#endif
