/*
 * Deadlines: times before which the API is not to be asked. They are in
 * endpoint_status, and of runs that were not loaded in staging_raw. A deadline
 * further away than DEADLINE_MAX comes from a wrong clock, and is void, as is
 * one that was lifted by hand. A 429 to a request of the catalogue, which can
 * wait, blocks such requests for a day.
 *
 * Endpoints are named in one text, each between spaces. `now` is in Unix ms, by
 * the clock by which captures are dated. Functions return SQLite's result
 * codes.
 */
#ifndef SP_PLAN_DEADLINES_H
#define SP_PLAN_DEADLINES_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define DEADLINE_MAX                                            \
	(2 * CLOCK_DAY) /* ms; sp-fetch believes no more either \
			 */

/*
 * Set `until` to the latest deadline that blocks one of these endpoints for a
 * user, "" if the user is unknown; to "" if none does. A deadline of the token
 * endpoint, or of an unknown user, blocks all endpoints. An exhausted quota
 * blocks all endpoints, for all users of the app.
 */
int deadlines_find(sqlite3 *, struct slice user, const char *endpoints,
    int64_t now, char until[CLOCK_TEXT]);

/*
 * Lift the deadlines of a user: all with NULL for the endpoints, else those of
 * these endpoints; part of the transaction that is open. Calls on_lift for each
 * endpoint.
 */
int deadlines_lift(sqlite3 *, struct slice user, const char *endpoints,
    int64_t now,
    void (*on_lift)(void *ctx, const char *endpoint, const char *until),
    void *ctx);

#endif
