/* A folder of recorded responses, served instead of generated ones. */
#ifndef SP_REHEARSE_RECORDINGS_H
#define SP_REHEARSE_RECORDINGS_H

#include "rehearse/exchange.h"

struct recordings;

/*
 * Read every file of a folder: NDJSON captures, and plain bodies in files
 * named after their path, / as _ (me_player_recently-played.json). NULL on
 * failure, with the reason in why (size bytes).
 */
struct recordings *recordings_open(const char *folder, char *why, size_t size);
void recordings_free(struct recordings *);

/*
 * Answer with the capture of the same path and query, else of the same path.
 * Several of one url are given in turn, the last again and again.
 * Links to the next page lead to base.
 */
void recordings_respond(struct recordings *, const char *base,
    const struct mock_request *, struct mock_response *);

#endif
