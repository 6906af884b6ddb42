/* Parses row records. */
#ifndef SP_MERGE_ROW_RECORD_H
#define SP_MERGE_ROW_RECORD_H

#include "base/buf.h"
#include "base/slice.h"
#include "merge/batch.h"
#include "stream/record.h"

/*
 * Read a row record, in one pass over its members, for speed. What it lacks is
 * left unchanged. Slices are valid as long as the record and `scratch`, which
 * is cleared first. NULL, or the reason why it cannot be used.
 */
const char *row_record_read(const struct record *, struct buf *scratch,
    struct slice *table, struct row_record *);

#endif
