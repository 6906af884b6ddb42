/*
 * The database of a command line: opened by name, failures are reported and
 * fatal.
 */
#ifndef SP_CMD_DATABASE_H
#define SP_CMD_DATABASE_H

#include <sqlite3.h>

#include "db/db.h"
#include "db/open.h"

/* --lock-wait's value: how long to wait for a lock, a minute otherwise. */
void database_lock_wait(const char *arg);

/* Open the database that --db (or NULL), $SP_DB or XDG names, or die. */
sqlite3 *database_open(const char *option, enum db_mode);

/* Report how the connection's last call failed, roll back, and exit. */
_Noreturn void database_die(sqlite3 *, const char *doing);

#endif
