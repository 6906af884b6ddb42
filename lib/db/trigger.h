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

/* What the triggers of a table write, as far as we have to know. */
enum trigger_effects {
	TRIGGERS_NONE,	    /* it has none */
	TRIGGERS_ELSEWHERE, /* other tables, or nothing */
	TRIGGERS_HERE	    /* the table itself, or they do not compile */
};

/* A SQLite result code. */
int trigger_find_effects(sqlite3 *, struct slice table, enum trigger_effects *);

#endif
