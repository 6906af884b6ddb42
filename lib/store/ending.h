/* How a run ended. */
#ifndef SP_STORE_ENDING_H
#define SP_STORE_ENDING_H

#include "base/buf.h"
#include "base/slice.h"
#include "store/runs.h"
#include "stream/record.h"

/*
 * Settle how a run ended: as its end record says, unless the ledger, with the
 * last stage's entry, says that some of it was lost. Fills in the status, the
 * reason, the exit status, the ledger and what it counts, and clears the
 * rest. Slices live as long as what was given and `text`, which is appended
 * to.
 */
void ending_judge(const struct record *end, struct slice ledger,
    struct store_run_end *, struct buf *text);

#endif
