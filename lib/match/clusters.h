/*
 * Which streams and plays concern each other. Those of one recording, or with
 * the same names, whose windows meet are of one cluster, and so are those that
 * are of one with a third. Matches depend on what is in the cluster alone.
 */
#ifndef SP_MATCH_CLUSTERS_H
#define SP_MATCH_CLUSTERS_H

#include "match/excerpt.h"
#include "match/spans.h"

/*
 * Mark as touched all of each cluster that meets one of the spans, which are
 * tidy and of one user. The times of these clusters, which may exceed those of
 * the excerpt: then something of them may lack. False if there is none.
 */
bool clusters_touch(struct excerpt *, const struct span *spans, size_t count,
    struct match_window *reach);

#endif
