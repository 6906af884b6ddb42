/*
 * Deadlines: until when the API wants not to be asked. They are in
 * endpoint_status or, of a run that nobody loaded, still in staging_raw. One
 * that is further away than any is believed to be (RETRY_AFTER_MAX of sp-fetch)
 * comes from a wrong clock, and is void, as is one that was lifted by hand.
 *
 * Functions return SQLite's result codes, SQLITE_OK for success.
 */
#ifndef SP_PLAN_DEADLINES_H
#define SP_PLAN_DEADLINES_H

#include <sqlite3.h>

#include <stdint.h>

#include "base/buf.h"

/*
 * What to add to this machine's clock, ms, to have the one that the times of
 * captures are of: what sp-fetch last added, while that is recent by it.
 */
int64_t clock_correction(sqlite3 *, int64_t now);

/*
 * Set `until` to the latest deadline of a user, "" if it is not known yet, for
 * one of these endpoints, each between spaces; empty for none. One of the token
 * endpoint is for all endpoints, and so is any of an unknown user. An
 * exhausted quota is for all endpoints, and for whoever uses the same app.
 */
int deadlines_find(
    sqlite3 *, struct slice user, const char *endpoints, struct buf *until);

/*
 * Lift those that stand in the way of a user, or only those of these
 * endpoints, each between spaces, unless NULL; inside the caller's
 * transaction. Calls on_lift for each.
 */
int deadlines_lift(sqlite3 *, struct slice user, const char *endpoints,
    void (*on_lift)(void *ctx, const char *endpoint, const char *until),
    void *ctx);

#endif
