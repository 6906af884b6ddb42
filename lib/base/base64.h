/* Base 64, RFC 4648. */
#ifndef SP_BASE_BASE64_H
#define SP_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* Bytes of a written text of n bytes for base64url, with its NUL. */
#define BASE64_TEXT(n) (((n)*4 + 2) / 3 + 1)

/*
 * Write n bytes into `text`, which holds BASE64_TEXT(n), in the alphabet for
 * URLs and file names of section 5, without padding.
 */
void base64url(const void *, size_t n, char *text);

/* Append bytes in the alphabet of section 4, padded. */
bool base64_put(struct buf *, struct slice bytes);

/*
 * Decode a text of section 4, padded or not, in lines or not. False if the buf
 * is full, or else the text is invalid.
 */
bool base64_read(struct buf *, struct slice text);

#endif
