/*
 * The stage writer: stores captures before they are passed on, as a write-ahead
 * log does. Any failure ends the program with a message.
 */
#ifndef SP_CMD_STAGE_WRITER_H
#define SP_CMD_STAGE_WRITER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/out.h"
#include "staging/capture_walk.h"
#include "staging/captures.h"
#include "stream/record.h"

/*
 * Captures are passed on only once they are committed: lines wait in the
 * output's buffer, whose before_write commits.
 */
struct stage_writer {
	sqlite3 *db; /* NULL where nothing is staged */
	struct capture_store staging;
	bool open; /* a transaction */
	struct capture_reader reader;
	bool known;	 /* the capture staged last was CAPTURE_KNOWN */
	struct buf line; /* private */
};

/*
 * Open the database, its name or NULL, and begin the output, which waits for
 * commits.
 */
void stage_writer_init(
    struct stage_writer *, const char *db, size_t max_line, struct out *);

/* Begin the output alone; nothing is staged. */
void stage_writer_init_idle(struct stage_writer *, struct out *);

void stage_writer_release(struct stage_writer *);

/*
 * Begin a transaction, unless one is open. The output commits it, or
 * stage_writer_commit, which returns true.
 */
void stage_writer_begin(struct stage_writer *);
bool stage_writer_commit(void *writer);

/* Insert a run before its first capture. */
void stage_writer_add_run(struct stage_writer *, const struct record *);

/*
 * Stage a capture: CAPTURE_ADDED, CAPTURE_DUPLICATE, CAPTURE_KNOWN, or
 * CAPTURE_INVALID with the reason, see capture_store_append.
 */
enum capture_result stage_writer_add_capture(
    struct stage_writer *, const struct record *, const char **why);

/*
 * The capture that was staged last, to be passed on: with the stored time, in
 * the form that a replay sends; of CAPTURE_KNOWN, the stored capture. Its line
 * is the record's, or valid until the next call.
 */
struct record stage_writer_stored(struct stage_writer *, const struct record *);

#endif
