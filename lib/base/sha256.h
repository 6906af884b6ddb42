/* SHA-256, FIPS 180-4. */
#ifndef SP_BASE_SHA256_H
#define SP_BASE_SHA256_H

#include <stdint.h>

#include "base/sha256_blocks.h"
#include "base/slice.h"

#define SHA256_SIZE 32
#define SHA256_HEX \
	(2 * SHA256_SIZE + 1) /* bytes of a written digest, NUL too */

/* The digest of a text that comes in parts, of at most 2^61 bytes in all. */
struct sha256 {
	uint32_t hash[8];
	uint64_t length;
	unsigned char rest[SHA256_BLOCK]; /* of the last, unfinished block */
};

void sha256_init(struct sha256 *);
void sha256_add(struct sha256 *, struct slice part);
void sha256_end(struct sha256 *, unsigned char digest[SHA256_SIZE]);

/* Write a digest in hexadecimal. */
void sha256_hex(const unsigned char digest[SHA256_SIZE], char text[SHA256_HEX]);

/* The digest of a text in memory. */
void sha256(struct slice, unsigned char digest[SHA256_SIZE]);

#endif
