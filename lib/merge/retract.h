/*
 * Takes observations back: removes from a stored row the values of some
 * captures. Merging keeps only what won, so what those values had replaced is
 * not known here. It comes back when the other captures are loaded again: then
 * the row is the same as if the ones taken back had never been loaded.
 *
 * Nothing here reads or writes a table: see apply_retraction.
 */
#ifndef SP_MERGE_RETRACT_H
#define SP_MERGE_RETRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "merge/merge.h"
#include "merge/table.h"

/* Numbers in ascending order, borrowed. */
struct retract_set {
	const int64_t *numbers;
	size_t count;
};

/* What to take back. */
struct retraction {
	struct retract_set sources;
	/*
	 * When the captures were fetched, in Unix milliseconds: values of
	 * unknown source that were written then go, too.
	 */
	struct retract_set times;
	bool row;  /* all of the row, whatever its sources */
	bool list; /* of playlists: the current list of tracks */

	/*
	 * The first and the last time at which captures that were pruned may
	 * have been fetched; p == NULL if none were pruned.
	 */
	struct slice pruned_from, pruned_to;
};

struct retracted {
	unsigned values; /* taken back */
	unsigned pruned; /* of these, asserted by a pruned capture, too, or
			    instead of an earlier value: as far as is known */
};

/*
 * Take values back from a row of TABLE_BY_COLUMN whose times have been read
 * (merge_read_times). Afterwards it is not `present` if nothing asserts it;
 * else merge_finalize must follow.
 */
struct retracted merge_retract(
    const struct table *, struct stored_row *, const struct retraction *);

#endif
