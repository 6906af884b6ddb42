/*
 * The rows of a query, listed: aligned columns for people on a terminal,
 * NDJSON in a pipe.
 */
#ifndef SP_CMD_LISTING_H
#define SP_CMD_LISTING_H

#include <sqlite3.h>
#include <stdbool.h>

#include "table.h"

/*
 * Print every row of the statement to stdout; `type` names the records. The
 * columns' names are the members' names, or in capitals the headings; a
 * column whose name ends in _json is JSON already, and not shown to people.
 * SQLite's result code, SQLITE_DONE for success.
 */
int listing_print(sqlite3_stmt *, const char *type, bool for_people);

#endif
