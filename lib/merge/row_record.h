/* Parses row records. */
#ifndef SP_MERGE_ROW_RECORD_H
#define SP_MERGE_ROW_RECORD_H

#include "base/buf.h"
#include "base/slice.h"
#include "merge/batch.h"
#include "stream/record.h"

/*
 * Read a row record, in one pass over its members, for there are many. What
 * it does not say stays as it is. Slices live as long as the record and
 * `scratch`, which is cleared first. NULL, or why it cannot be used.
 */
const char *row_record_read(const struct record *, struct buf *scratch,
    struct slice *table, struct row_record *);

#endif
