/*
 * Ids as people write them: whole, or shortened to four characters or more, if
 * no other id has these. A run is shortened to the end of its id, which tables
 * show, or to the beginning; other ids to the beginning.
 */
#ifndef SP_CMD_SHORT_ID_H
#define SP_CMD_SHORT_ID_H

#include <sqlite3.h>

#include "base/buf.h"
#include "db/query.h"

/*
 * The ids that one may mean, by a statement of short_id.sql: a whole id means
 * itself alone. They are appended, as `a, b, ...`; returns how many there are.
 * Dies if they cannot be read.
 */
int short_id_find(
    sqlite3 *, const struct sql *, struct slice given, struct buf *ids);

/*
 * Replace the ids of runs in a list that NULL ends by the whole ones, until the
 * program exits; what is no run stays. Dies if there are several.
 */
void run_ids_resolve(sqlite3 *, const char *command, char **list);

/* The same for one; the caller frees it. */
char *run_id_resolve(sqlite3 *, const char *command, const char *given);

#endif
