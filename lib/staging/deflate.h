/*
 * Texts made small, in zlib's format (RFC 1950), which `sqlite3`, python and
 * many other tools can read. It has a checksum of the text. Nothing but
 * sp-stage needs it, and the library behind it.
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
	struct libdeflate_compressor *in;
	struct libdeflate_decompressor *out;
};

void deflate_init(struct deflate *);
void deflate_release(struct deflate *);

/*
 * Append the text, packed, and nothing where it does not get smaller, unless
 * `always`. False when the buf is full.
 */
bool deflate_text(
    struct deflate *, struct slice text, bool always, struct buf *to);

/*
 * Append the text of `size` bytes that was packed, whatever is said to be
 * one: NULL, or what is wrong, a constant string; `to->failed` is set where
 * it was the buf, and then nothing is said of what was packed.
 */
const char *inflate_text(
    struct deflate *, struct slice deflated, int64_t size, struct buf *to);

#endif
