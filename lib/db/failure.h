/* Failures of a connection as messages and exit statuses. */
#ifndef SP_DB_FAILURE_H
#define SP_DB_FAILURE_H

#include <sqlite3.h>

#include "base/buf.h"

/*
 * Report the failure of the connection's last call: appends `doing: reason` to
 * `why` and returns the exit status of sp(7), 65 to 78, or 70 for a mistake of
 * ours. Without memory the program ends, see base/mem.h.
 */
int db_failure(sqlite3 *, const char *doing, struct buf *why);

#endif
