/*
 * Repairs lines of other programs that are records except for a byte order
 * mark, or bytes that are not UTF-8.
 */
#ifndef SP_STREAM_REPAIR_H
#define SP_STREAM_REPAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * Append the line as a record in UTF-8: with U+FFFD for what is no UTF-8, but
 * for the body of a capture, which becomes its `body_base64` byte for byte.
 * `*flaw` is what is wrong first, a constant string, and `*at` where in the
 * line. False if that is nothing, if the line is no record even so, or if the
 * buf is full.
 */
bool repair_line(
    struct slice line, struct buf *to, const char **flaw, size_t *at);

#endif
