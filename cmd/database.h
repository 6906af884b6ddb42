/*
 * The database of a command line: opened by name, its failures reported and
 * fatal, rows listed.
 */
#ifndef SP_CMD_DATABASE_H
#define SP_CMD_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "db/db.h"
#include "db/open.h"
#include "db/query.h"
#include "listing.h"

/* Set how long to wait for a lock to --lock-wait's value; else a minute. */
void database_lock_wait(const char *arg);

/* Open the database that --db (or NULL), $SP_DB or XDG names, or die. */
sqlite3 *database_open(const char *option, enum db_mode);

/*
 * Report how the connection's last call failed, as `what: reason`, such as
 * "cannot read staging_raw: ...", roll back, and exit.
 */
_Noreturn void database_die(sqlite3 *, const char *what);

/*
 * List the rows of a query on stdout, see listing.h: in a table, or as records
 * of a type. The query fails with SQLITE_TOOBIG if a row is too long.
 */
void database_list(struct query *, const char *type, bool table,
    const struct listing_layout *);

#endif
