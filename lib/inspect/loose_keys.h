/*
 * Keys as people write them: a time as clock_parse_local reads it, which is
 * local if it has no zone, to the second or the minute; a local day; an id as a
 * URI or a link.
 */
#ifndef SP_INSPECT_LOOSE_KEYS_H
#define SP_INSPECT_LOOSE_KEYS_H

#include "base/buf.h"
#include "base/slice.h"

/* The id in a URI or a link; the text itself if it is neither. */
struct slice loose_id(struct slice text);

#define LOOSE_TIME_MAX 64 /* bytes that a time appends, but for its text */

#define LOOSE_MINUTE 16 /* characters of a time up to its minute */
#define LOOSE_SECOND 19 /* characters of a time up to its second */

/* Stored times from `from` on, before `end`, as texts. */
struct loose_time {
	struct slice from, end;
};

/*
 * The stored times that a text may mean: those that begin with `from`, unless
 * it is a day. None if it is no time. They are appended to `to`, which must
 * have room for the text and LOOSE_TIME_MAX bytes, and borrowed from there.
 */
struct loose_time loose_time(struct slice text, struct buf *to);

#endif
