/* Base 64 for URLs and file names, RFC 4648 section 5, without padding. */
#ifndef SP_BASE_BASE64_H
#define SP_BASE_BASE64_H

#include <stddef.h>

/* Bytes of a written text of n bytes, with its NUL. */
#define BASE64_TEXT(n) (((n)*4 + 2) / 3 + 1)

/* Write n bytes into `text`, which holds BASE64_TEXT(n). */
void base64url(const void *, size_t n, char *text);

#endif
