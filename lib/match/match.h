/*
 * Matches streams with plays: play_matches says which of them are the same
 * listening (match/rules.h). It is a function of streaming_history,
 * play_history, and of the ISRCs and names of tracks, whatever the order of
 * loading.
 *
 * What has changed was noted as spans of time (match/unmatched.h). They are
 * matched in transactions of some ten thousand streams: in each, the matches of
 * all clusters that the spans meet (match/clusters.h) are computed anew, and
 * written where they differ.
 *
 * SQLite's result codes.
 */
#ifndef SP_MATCH_MATCH_H
#define SP_MATCH_MATCH_H

#include <signal.h>
#include <sqlite3.h>

/*
 * Match what is noted, in transactions of its own; if it fails, one may be
 * open. Once *stop is not 0, it ends after the transaction at work, and the
 * rest stays noted; `stop` may be NULL.
 */
int match_pending(sqlite3 *, const volatile sig_atomic_t *stop);

/* Note everything, to be matched anew. */
int match_anew(sqlite3 *);

#endif
