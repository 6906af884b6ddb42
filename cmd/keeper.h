/*
 * What keeps the captures that sp-stage is given, before they go on. What
 * fails ends the program, with a message.
 */
#ifndef SP_CMD_KEEPER_H
#define SP_CMD_KEEPER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/out.h"
#include "store/staging.h"
#include "stream/record.h"

/*
 * Captures go on only when no crash can lose them any more: lines wait in
 * the output's buffer, and its before_write commits what they speak of.
 */
struct keeper {
	sqlite3 *db; /* NULL where nothing is staged */
	struct staging staging;
	bool open;	 /* a transaction is */
	struct buf line; /* private */
};

/* Open the database, its name or NULL. */
void keeper_open(struct keeper *, const char *db, size_t max_line);

/* The same, and have the output that is begun here wait for commits. */
void keeper_init(
    struct keeper *, const char *db, size_t max_line, struct out *);

/* Begin the output alone: nothing is staged. */
void keeper_init_idle(struct keeper *, struct out *);

void keeper_release(struct keeper *);

/*
 * Begin a transaction, unless one is open. The output commits it, or the
 * latter function, which is always true.
 */
void keeper_begin(struct keeper *);
bool keeper_commit(void *keeper);

/* Put a run on record before its first capture. */
void keeper_see_run(struct keeper *, const struct record *);

/* Stage a capture; with STAGING_BAD comes the reason, see staging_append. */
enum staging_result keeper_stage(
    struct keeper *, const struct record *, const char **why);

/*
 * The capture that was staged last as it is to go on: with the time that is
 * stored, in the form in which a replay gives it. The line is the record's, or
 * lives until the next call.
 */
struct record keeper_staged(struct keeper *, const struct record *);

#endif
