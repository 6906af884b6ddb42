/*
 * Tells the snapshots of one playlist in saved bodies apart. Pages that were
 * saved say where they begin, but not which of them were read together: those
 * that are imported one after the other and begin later each time are one
 * snapshot, and a page that begins no later than the one before it begins
 * another.
 *
 * A struct snapshots owns what it has seen.
 */
#ifndef SP_STREAM_SNAPSHOT_H
#define SP_STREAM_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct snapshots {
	struct snapshot *list; /* private from here */
	size_t count;
};

#define SNAPSHOTS_INIT ((struct snapshots){NULL, 0})

/*
 * The number of the snapshot that a body is part of, from 1 for each playlist;
 * a body is a playlist or a page of its items, and valid JSON.
 */
int64_t snapshots_next(struct snapshots *, struct slice body);

void snapshots_release(struct snapshots *);

#endif
