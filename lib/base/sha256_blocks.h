/*
 * The blocks of a SHA-256: by the instructions that many processors of the x86
 * family have for it, six times as fast, or else in plain C. For sha256.c.
 */
#ifndef SP_BASE_SHA256_BLOCKS_H
#define SP_BASE_SHA256_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64 /* bytes */

extern const uint32_t sha256_keys[SHA256_BLOCK];

/* Add `count` blocks of SHA256_BLOCK bytes to a hash, in the best way. */
void sha256_blocks(uint32_t hash[8], const unsigned char *, size_t count);

/* The two ways. The second one needs a processor that has the instructions. */
void sha256_blocks_plain(uint32_t hash[8], const unsigned char *, size_t count);
void sha256_blocks_x86(uint32_t hash[8], const unsigned char *, size_t count);
bool sha256_x86_is_there(void);

#endif
