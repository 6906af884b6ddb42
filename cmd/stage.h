/*
 * What the files of sp-stage share: its options, and the commands that have a
 * file of their own. Each command returns an exit status of sp(7); a failure
 * ends the program with a message.
 */
#ifndef SP_CMD_STAGE_H
#define SP_CMD_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/out.h"
#include "listing.h"
#include "stage_writer.h"
#include "staging/capture_walk.h"
#include "staging/redelivery.h"
#include "stream/pipe.h"
#include "stream/source.h"

#define USERNAMES_MAX 8

struct stage_options {
	const char *db;
	struct capture_filter filter;
	char since[CLOCK_TEXT], until[CLOCK_TEXT];
	int64_t fetched_at; /* Unix ms, or -1 */
	int64_t limit;
	size_t max_line;
	int64_t by; /* milliseconds to move captures by */
	bool any_endpoint;
	bool no_stage;
	bool keep_private;
	const char *usernames[USERNAMES_MAX]; /* that are the user's, too */
	size_t username_count;
	bool progress;
	bool capture;
	enum listing_form form;
	int64_t keep; /* ms, younger captures stay */
	bool dry;     /* only list the plan on stdout */
	bool even_needed;
	bool even_plays;
	bool vacuum;
	char **operands; /* the arguments after the options, ends with NULL */
};

/* Replay stored captures. */
int stage_replay(const struct stage_options *);

/* Import the bodies in the named files, or in stdin, as captures. */
int stage_import(const struct stage_options *);

/* Move the captures of runs in time. */
int stage_redate(const struct stage_options *);

/* Remove captures by inspect/prune.h, and sum up on stderr. */
int stage_prune(const struct stage_options *);

/*
 * Remove the captures of runs, or of a user, with their values, and replay the
 * others: see inspect/forget.h.
 */
int stage_forget(const struct stage_options *);

/* List the captures that a row comes from; operands: a table and a key. */
int stage_why(const struct stage_options *);

/* --- Streams of stored captures: stage_replay.c --- */

/*
 * Open a run of the job: begins its record, to which the caller may add members
 * before it sends it.
 */
struct buf *replay_open(struct source *, struct out *, const char *job,
    const struct stage_options *);

/*
 * Add to the record of a run what sp-load must know of a replay: the number of
 * captures, and whose deferred rows came to nothing; and send it.
 */
void replay_send_run(sqlite3 *, struct source *, int64_t captures);

/* The outcome of a run with an exit status: failed for EX_CONFIG only. */
struct outcome replay_outcome(int status);

/* End the run with that outcome; the exit status, or that of failed output. */
int replay_close(struct source *, int status);

/* Of all the captures of a replay. */
struct replay_progress {
	uint64_t sent, total;
};

/* Begin to show it, if that is wanted; progress_end ends it. */
void replay_begin_progress(
    struct replay_progress *, const struct stage_options *, int64_t captures);

/*
 * Send all captures of a walk; unreadable ones as errors, which set *status to
 * EX_CONFIG. The progress may be NULL. Returns SQLite's result code, as of
 * capture_walk_next.
 */
int replay_send(struct capture_walk *, struct source *, struct buf *line,
    struct replay_progress *, int *status);

/*
 * Refuse a body: on stderr, and with an error record, in which the name is the
 * member `key`. `rows` is how many rows of an export that is, else 0.
 */
void replay_refuse(struct source *, const char *key, struct slice name,
    const char *code, int64_t rows, struct slice reason);

/* --- Redelivery of runs that were not loaded: stage_redeliver.c --- */

/*
 * Redeliver, ahead of a planned run, those that were not loaded.
 * redeliver_report must follow.
 */
void redeliver_send(struct redelivery *, struct stage_writer *, struct out *,
    const struct record *run, size_t max_line);

/* After its record, report each run that is given up, once. */
void redeliver_report(struct redelivery *, struct stage_writer *, struct pipe *,
    const struct record *run);

#endif
