/*
 * Runs the statements of merge/statements.h that write a table. SQLite result
 * codes.
 */
#ifndef SP_MERGE_WRITE_H
#define SP_MERGE_WRITE_H

#include "merge/merge.h"
#include "merge/statements.h"

/* Bind the keys of a row, the first of them as parameter `index`. */
int write_bind_keys(
    sqlite3_stmt *, int index, const struct table *, const struct stored_row *);

/*
 * This is where new rows are written to the database, such as those of
 * play_history.
 */
int write_insert(const struct table *, const struct stored_row *);

/*
 * Insert several rows: nearly half of what SQLite does for one row is done
 * once for all of them. `done`: how many have been inserted. If one cannot be,
 * these are those before it, or none if the table has triggers.
 */
int write_insert_many(struct table *,
    const struct stored_row *const rows[WRITE_MANY], unsigned *done);

int write_update(const struct table *, const struct stored_row *);
int write_remove(const struct table *, const struct stored_row *);

#endif
