/*
 * sp-stage, as its files share it: the filter (sp-stage.c), and the commands
 * that take more than a page: replay (stage_replay.c), import (stage_import.c),
 * redate (stage_redate.c), why (stage_why.c) and prune (stage_prune.h). Each
 * returns a status of sp(7); whatever cannot go on ends the program there, with
 * a message.
 */
#ifndef SP_CMD_STAGE_H
#define SP_CMD_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/out.h"
#include "stage_prune.h"
#include "stage_writer.h"
#include "staging/capture_walk.h"
#include "staging/redelivery.h"
#include "stream/pipe.h"
#include "stream/source.h"

struct stage_options {
	const char *db;
	struct capture_filter filter;
	char since[CLOCK_TEXT], until[CLOCK_TEXT];
	int64_t fetched_at; /* Unix ms, or -1 */
	int64_t limit;
	size_t max_line;
	int64_t by; /* ms to move captures by */
	bool any_endpoint;
	bool no_stage;
	bool progress;
	bool capture;
	bool table; /* list for people even into a pipe */
	struct prune_options prune;
	char **operands; /* the arguments after the options, ends with NULL */
};

/* Send stored captures again. */
int stage_replay(const struct stage_options *);

/* Make captures of the bodies in the files named, or in stdin. */
int stage_import(const struct stage_options *);

/* Move the captures of runs in time. */
int stage_redate(const struct stage_options *);

/* Say which captures a row comes from: a table, and the row's key. */
int stage_why(const struct stage_options *);

/* --- stage_replay.c, for import too: a stream of captures from here
 * ------------ */

/* Begin the record of a run of the job, for members of its own to be added. */
struct buf *replay_open(struct source *, struct out *, const char *job,
    const struct stage_options *);

/* How a run ends with this status: as failed where it is EX_CONFIG. */
struct outcome replay_outcome(int status);

/*
 * End the run, with that outcome; returns the status, or that
 * of output that failed.
 */
int replay_close(struct source *, int status);

/*
 * Send all captures of a walk, and those that are damaged as errors, for
 * which *status becomes 1. SQLite's result code, as of capture_walk_next.
 */
int replay_send(struct capture_walk *, struct source *, struct buf *line,
    bool progress, int *status);

/*
 * Refuse a body: on stderr, and as an error of the stream, in which the name
 * is the member `key`.
 */
void replay_refuse(struct source *, const char *key, struct slice name,
    const char *code, struct slice reason);

/* --- stage_redeliver.c: runs that were staged and not loaded
 * ------------------- */

/*
 * Send the runs that were not loaded ahead of a planned run; redeliver_report
 * must follow.
 */
void redeliver_send(struct redelivery *, struct stage_writer *, struct out *,
    const struct record *run, size_t max_line);

/* After that record, report once each run that is no longer sent again. */
void redeliver_report(struct redelivery *, struct stage_writer *, struct pipe *,
    const struct record *run);

#endif
