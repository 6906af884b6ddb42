/*
 * Keys as people write them: a time as clock_parse_local reads it, which is
 * local if it has no zone, to the second or the minute; a local day; an id as a
 * URI or a link, or shortened, as tables show it.
 */
#ifndef SP_INSPECT_LOOSE_KEYS_H
#define SP_INSPECT_LOOSE_KEYS_H

#include "base/buf.h"
#include "base/slice.h"
#include "db/query.h"

/*
 * The id in a URI or a link; the text itself if it is neither. The mark of a
 * table at its end, that it is cut, is left out.
 */
struct slice loose_id(struct slice text);

#define LOOSE_END_MAX 4 /* bytes beside its text that loose_id_end appends */

/*
 * The end of the texts that begin with a text: these are >= that and < this.
 * p == NULL if it is too short to be a shortened id. It is appended to `to`,
 * which must have room, and borrowed from there.
 */
struct slice loose_id_end(struct slice text, struct buf *to);

#define CANDIDATES_MAX 8 /* that a message names, before "..." */

/*
 * Append the first column of the rows of a query, as `a, b, ...`. Returns how
 * many there are, or CANDIDATES_MAX + 1 for more.
 */
int put_candidates(struct query *, struct buf *);

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
