/*
 * What the files of `sp-stage import` share: the import in progress, and how
 * the parts of a file become captures.
 */
#ifndef SP_CMD_STAGE_IMPORT_H
#define SP_CMD_STAGE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "import/survey.h"
#include "import/values.h"
#include "stage.h"
#include "stage_writer.h"

struct snapshot;

/* An import in progress. */
struct import {
	const struct stage_options *o;
	const char *user;    /* whose history and account it is, or NULL */
	struct buf own_user; /* the only one of the database, or empty */
	struct stage_writer writer;
	struct source source;
	struct buf run; /* its record, until it is stored with a capture */
	struct out out;
	int64_t seq;
	int status;

	const char *reading;  /* the file, while they are surveyed */
	uint64_t rows, total; /* of histories, sent and in all */

	/* Saved pages of playlists. */
	struct hash_set pages; /* of all snapshots */
	struct hash playlists; /* where in `snapshots`, by hash */
	struct snapshot *snapshots;
	size_t room;
};

/* A file to be imported. */
struct import_file {
	const char *name;
	int64_t time; /* when it was written, Unix ms */
	struct byte_source source;
	const char *error;     /* after a failed read of it */
	struct survey *survey; /* of a history */
};

/* Open what is written to; open and close the run, with the exit status. */
void import_open_writer(struct import *);
void import_open_run(struct import *);
int import_close_run(struct import *);

/* Import files that are recognized by their content: stage_import_files.c. */
int import_files(const struct stage_options *);

/* Refuse a file, or a part of it: on stderr, and with an error record. */
void import_refuse(struct import *, const char *name, const char *code,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Refuse so many rows of a history. */
void import_refuse_rows(struct import *, const char *name, int64_t rows,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Begin a capture with the members that all have, to be continued in the buf
 * that is returned, and sent. They are in the order in which a replay has them.
 */
struct buf *import_begin(struct import *, const char *name, int64_t time,
    const char *endpoint, const char *user);

/*
 * Stage the capture and send it; one whose rows are stored already, as it was
 * stored. False if it is refused, which is reported.
 */
bool import_send(struct import *, const char *name);

/* --- Whose files they are: stage_import_owner.c --- */

/* The user of the options, or else the only one of the database's own. */
void import_find_user(struct import *);

/* There is a history: say for whom it is, or die if that is not known. */
void import_check_user(const struct import *);

/* Whether a history is the user's; if not, puts why into an empty buf. */
bool import_is_of_user(
    const struct import *, const struct survey *, struct buf *why);

/* Send the rows of a history as captures: stage_import_rows.c. */
void import_history(struct import *, const struct import_file *);

/* --- Saved responses: stage_import_bodies.c --- */

/* Send each value of a text as a body of that endpoint. */
void import_text(struct import *, const char *name, int64_t time,
    const char *endpoint, struct slice text);

/* Send the bodies of a file, of the endpoints that they are recognized as. */
void import_bodies(struct import *, const struct import_file *);

/* After all bodies: report snapshots of playlists without a first page. */
void import_check_snapshots(struct import *);

#endif
