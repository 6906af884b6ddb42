/*
 * Explains a listening of the view listens: the play and the streams that are
 * one, where each comes from, and by which rule they were matched; or why a
 * play or a stream has no partner.
 *
 * It is found by the time of its play or of one of its streams, and by the
 * item. Both may be as people write them, see inspect/loose_keys.h.
 *
 * The answer is in temporary tables of the connection, which needs the function
 * of bodies_add_function. SQLite's result codes throughout.
 */
#ifndef SP_INSPECT_LISTENING_PARTS_H
#define SP_INSPECT_LISTENING_PARTS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "db/query.h"

struct listening_key { /* user and item may be shortened */
	struct slice user;
	struct slice time; /* of a play, or when a stream ended */
	struct slice item; /* of any kind: an id, a URI, a link; "" for any */

	/* The rest of the key of one of its streams; no text for any. */
	struct slice offline_timestamp, ms_played, nth;
};

/*
 * Find the listening that a key means, once for a connection. *count is how
 * many it may mean; if that is not 1, the answer is empty.
 */
int listening_find(sqlite3 *, const struct listening_key *, int64_t *count);

/* Append those that it may mean, as `kim 2026-... 4uLU..., ...`, up to 8. */
int listening_put_found(sqlite3 *, struct buf *);

/*
 * Prepare a listing of it: the play first, then the streams, with the columns
 * part, reported_at, item, ms_played, rule, distance_ms, why, file, row,
 * run_id, seq, endpoint, url, capture_id.
 */
void listening_list(sqlite3 *, struct query *list);

/* Prepare a listing of the numbers of its captures, each once. */
void listening_captures(sqlite3 *, struct query *ids);

/* Whether there is anything to explain: some export is loaded. */
int listening_may_match(sqlite3 *, bool *may);

#endif
