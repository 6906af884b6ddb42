/*
 * Keys as people write them: a time without its fraction, or less of it, with a
 * space instead of the T, or another offset than Z; an id as a URI or a link.
 */
#ifndef SP_INSPECT_LOOSE_KEYS_H
#define SP_INSPECT_LOOSE_KEYS_H

#include "base/buf.h"
#include "base/slice.h"

/* The id in a URI or a link; the text itself if it is neither. */
struct slice loose_id(struct slice text);

/* How many bytes a time may get longer. */
#define LOOSE_TIME_MAX 25

#define LOOSE_SECOND 19 /* characters of a time up to its second */

/*
 * The beginning of all stored times that a text may mean; it is appended to
 * `to`, which must have room for the text and LOOSE_TIME_MAX bytes, and
 * borrowed from there.
 */
struct slice loose_time(struct slice text, struct buf *to);

#endif
