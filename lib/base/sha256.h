/* SHA-256, FIPS 180-4, of a text in memory. */
#ifndef SP_BASE_SHA256_H
#define SP_BASE_SHA256_H

#include "base/slice.h"

#define SHA256_SIZE 32

/* The digest of the text; at most 2^61 bytes. */
void sha256(struct slice, unsigned char digest[SHA256_SIZE]);

#endif
