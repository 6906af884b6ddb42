/*
 * Texts deflated in zlib's format (RFC 1950), which python and many other tools
 * can read; it has a checksum of the text. Only sp-stage links the library
 * behind it.
 */
#ifndef SP_STAGING_DEFLATE_H
#define SP_STAGING_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

struct libdeflate_compressor;
struct libdeflate_decompressor;

struct deflate {
	struct libdeflate_compressor *compressor;
	struct libdeflate_decompressor *decompressor;
};

void deflate_init(struct deflate *);
void deflate_release(struct deflate *);

/*
 * Append the deflated text, or nothing if it is not smaller, unless `always`.
 * False if the buf is full.
 */
bool deflate_text(
    struct deflate *, struct slice text, bool always, struct buf *to);

/*
 * Append a deflated text of `size` bytes, both untrusted. Returns NULL, or what
 * is wrong, a constant string. If the buf is full, it has failed, and the
 * result says nothing about the text.
 */
const char *inflate_text(
    struct deflate *, struct slice deflated, int64_t size, struct buf *to);

#endif
