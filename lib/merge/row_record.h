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

/* How the last row record ended: those of one capture end alike. */
struct row_ending {
	struct slice at, src; /* in the text */
	struct buf text;
};

/*
 * The same for a line that is written as sp-transform writes rows, to the
 * byte. Only what is around the row's object is read; that the object is one
 * is for batch_add to find out. Slices are valid until the next call. False if
 * the line has another form.
 */
bool row_record_split(struct row_ending *, struct slice line,
    struct slice *table, struct row_record *);

#endif
