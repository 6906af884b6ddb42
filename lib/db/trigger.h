/* User-defined triggers on tables that sp writes. */
#ifndef SP_DB_TRIGGER_H
#define SP_DB_TRIGGER_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"

/*
 * Find the trigger that keeps statements from being compiled, because it names
 * what does not exist: SQLite does not say which one it is. Drops one trigger
 * after the other until its table can be changed, and rolls that back. True if
 * there is such a trigger; `name` gets "trigger 'name'".
 */
bool trigger_find_broken(sqlite3 *, struct buf *name);

/* Whether a table has a trigger. A SQLite result code. */
int trigger_exists(sqlite3 *, struct slice table, bool *exists);

#endif
