/*
 * Refusals that are known: the same endpoint and user asked for the same
 * subject, and the same part of the answer was refused for the same reason in
 * another capture. They are kept and counted like others, and reported once.
 *
 * Functions return SQLite's result codes.
 */
#ifndef SP_STORE_REFUSALS_H
#define SP_STORE_REFUSALS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* SQL: what the URL of a capture names, without its query. */
#define REFUSALS_SUBJECT(url)                                     \
	"substr(" url ", instr(" url ", '/v1/'), case instr(" url \
	", '?') when 0 then length(" url ") + 1 "                 \
	"else instr(" url ", '?') - instr(" url ", '/v1/') end)"

/* SQL: the join condition of a staged capture `s` and its name RUN/SEQ. */
#define REFUSALS_CAPTURE(src)                                     \
	"s.run_id = substr(" src ", 1, instr(" src ", '/') - 1) " \
	"and s.seq = cast(substr(" src ", instr(" src             \
	", '/') + 1) as integer)"

/*
 * SQL: whether captures of a run were refused as a whole, or had parts refused
 * that no earlier one had.
 */
#define REFUSALS_OF_RUN(run)                                       \
	"exists (select 1 from ingest_errors e where e.src > " run \
	" || '/' and e.src < " run " || '0' "                      \
	"and ((e.place is null and e.stage <> 'sp-load') "         \
	"or not exists (select 1 from ingest_errors k "            \
	"where k.endpoint = e.endpoint and k.reason = e.reason "   \
	"and k.place is e.place and k.user_id is e.user_id "       \
	"and k.subject is e.subject and k.src < e.src)))"

/* Whether a refusal of a capture that is staged is known. */
int refusals_is_known(sqlite3 *, struct slice src, struct slice place,
    struct slice reason, bool *known);

/*
 * Append the member `known` of a run record: the newest refusals of the
 * user's captures, as many as a line can well carry; nothing if there are
 * none. Fails in the buffer if it has no room.
 */
int refusals_put_known(sqlite3 *, struct slice user, struct buf *record);

#endif
