/* User-defined triggers on tables that sp writes. */
#ifndef SP_DB_TRIGGER_H
#define SP_DB_TRIGGER_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"

/*
 * Find the trigger for which a statement did not compile, as it names what is
 * not there: SQLite does not say which one. Triggers are dropped one after
 * the other until their table can be changed, in a transaction that is undone.
 * True if there is one: then `name` has it, as "trigger 'name'".
 */
bool trigger_blame(sqlite3 *, struct buf *name);

#endif
