/*
 * A folder of saved answers, served in place of the made-up listener's.
 */
#ifndef SP_REHEARSE_SAVED_H
#define SP_REHEARSE_SAVED_H

#include "rehearse/exchange.h"

struct saved;

/*
 * Read every file of a folder: NDJSON captures, and plain bodies in files
 * named after their path, / as _ (me_player_recently-played.json). NULL on
 * failure, with the reason in why (size bytes).
 */
struct saved *saved_open(const char *folder, char *why, size_t size);
void saved_free(struct saved *);

/*
 * Answer with the capture of the same path and query, else of the same path.
 * Several of one url are given in turn, the last again and again.
 * Links to the next page lead to base.
 */
void saved_answer(
    struct saved *, const char *base, const struct ask *, struct reply *);

#endif
