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
#include "merge/observation.h"
#include "merge/table.h"

/*
 * Read a row, an object as written, or what may be none. Values point into its
 * text, or into the arena, as does the array itself. `user` is the user_id of a
 * row without one, where the table's key has that column; p == NULL for none.
 *
 * Columns with a wrong value are left out: `why` gets a reason for each, for
 * people, ended by a newline. False if the row cannot be loaded at all,
 * because a required column is missing: the last reason says so. `place` gets
 * the table and the key, as far as it was read, if there are reasons.
 */
bool row_read(struct table *, struct slice object, struct slice user,
    struct arena *, struct observation *, struct buf *why, struct buf *place);

/*
 * Decode a JSON string. The text points into what was written, or into the
 * arena. U+FFFD takes the place of each NUL.
 */
void row_text(
    struct slice written, bool escaped, struct arena *, struct slice *text);

/* Name a row for people: its table and key, with ? for a missing part. */
void row_put_place(
    const struct table *, const struct observation *, struct buf *);

/*
 * Normalize a time of a record to the form that is stored. `*time` points to
 * the argument, or into the arena. False if it is no time.
 */
bool row_time(struct slice written, struct arena *, struct slice *time);

/*
 * The key of an observed row as bytes that sort as the table's index does: its
 * only column, or what is then in `scratch`. False for keys that are neither
 * text nor integers, or do not fit.
 */
bool row_key(const struct table *, const struct observation *,
    struct buf *scratch, struct slice *key);

#endif
