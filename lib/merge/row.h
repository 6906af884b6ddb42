/*
 * The `row` of a row record, read into values of a table's columns: names
 * checked, types checked, times brought to one form.
 */
#ifndef SP_MERGE_ROW_H
#define SP_MERGE_ROW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "merge/merge.h"
#include "merge/table.h"

/*
 * Read a row, an object as written. Values point into its text, or into the
 * arena, as does the array itself. `user` is told as the user_id that a row
 * lacks, where the table's key has one; p == NULL for none.
 *
 * Columns that cannot be taken are left out: `why` gets their reasons, for
 * people, each ended by a newline. False if the row cannot be loaded at all,
 * because something that it cannot be without is missing: a last reason says
 * so. Of a row with reasons, `place` gets the table and the key, as far as
 * that was read.
 */
bool row_read(struct table *, struct slice object, struct slice user,
    struct arena *, struct observation *, struct buf *why, struct buf *place);

/*
 * The meaning of a string as written, which lasts as long as it, or is in the
 * arena. U+FFFD takes the place of each NUL.
 */
void row_text(
    struct slice written, bool escaped, struct arena *, struct slice *text);

/* Name a row: its table and its key, with ? for what is not known of it. */
void row_put_place(
    const struct table *, const struct observation *, struct buf *);

/*
 * A time of a record, in the one form in which times are kept. `*time`
 * points to what was given, or into the arena. False if it is none.
 */
bool row_time(struct slice written, struct arena *, struct slice *time);

/* The observed value of a column, or NULL. */
const struct value *observation_column(
    const struct observation *, unsigned column);

/*
 * Append the key of a told row as bytes that sort as the table's index does.
 * False for keys that are neither text nor integers, or do not fit.
 */
bool row_key(const struct table *, const struct observation *, struct buf *key);

#endif
