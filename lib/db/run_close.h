/* How a run is closed: what its end record and ledger make of it. */
#ifndef SP_DB_RUN_CLOSE_H
#define SP_DB_RUN_CLOSE_H

#include "base/buf.h"
#include "base/slice.h"
#include "db/runs.h"
#include "stream/record.h"

/*
 * Settle how a run ended: as its end record says, unless the ledger, with the
 * last stage's entry, says that some of it was lost. Fills in the status, the
 * reason, the exit status, the ledger and what it counts, and clears the
 * rest. Slices live as long as what was given and `text`, which is appended
 * to.
 */
void run_close_decide(const struct record *end, struct slice ledger,
    struct run_end *, struct buf *text);

#endif
