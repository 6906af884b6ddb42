/*
 * Refusals that are known: the same endpoint and user asked for the same
 * subject, and the same part of the answer was refused for the same reason in
 * another capture. They are kept and counted like others, and reported once.
 *
 * Functions return SQLite's result codes.
 */
#ifndef SP_DB_DEAD_LETTERS_H
#define SP_DB_DEAD_LETTERS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* Whether a refusal of a capture that is staged is known. */
int dead_letters_is_known(sqlite3 *, struct slice src, struct slice place,
    struct slice reason, bool *known);

/*
 * Append the member `known` of a run record: the newest refusals of the
 * user's captures, as many as a line can well carry; nothing if there are
 * none. Fails in the buffer if it has no room.
 */
int dead_letters_put_known(sqlite3 *, struct slice user, struct buf *record);

#endif
