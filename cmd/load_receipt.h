/*
 * The receipt of a run that brought streams of an export: for each of its files
 * and each year, how many rows were read, and what became of them. It adds up:
 * rows read = new + known already + refused. Streams are counted as they come;
 * what was read is known from the captures, so that a capture whose rows never
 * came is refused in whole.
 */
#ifndef SP_CMD_LOAD_RECEIPT_H
#define SP_CMD_LOAD_RECEIPT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/slice.h"
#include "merge/apply.h"

/* Of a capture, or of what was not read of a file, and of a year. */
struct receipt_line {
	size_t name, name_len; /* in receipt.names: RUN/SEQ, or the file's */
	bool is_file;
	unsigned year; /* 0 if it is not known */
	uint64_t used, inserted, updated, refused;
	uint64_t phantoms, incognito, podcasts, audiobooks, videos;
};

/* A run that ended, whose plays are not matched yet. */
struct receipt_run {
	char *id;
	struct buf lines; /* JSON */
	bool shown;	  /* to people, too */
	struct receipt_run *next;
};

/* What the open run has brought, and the runs that ended. */
struct receipt {
	struct receipt_line *lines;
	size_t count, room;
	struct hash index; /* by name and year */
	struct buf names;
	size_t last; /* the line that was found last */

	const struct table *table; /* streaming_history, once a row came */
	int ts, phantom, incognito, kind;

	struct receipt_run *runs, **runs_end;
};

void receipt_init(struct receipt *);
void receipt_release(struct receipt *);

/* Forget what was counted since the last run. */
void receipt_clear(struct receipt *);

/* Count a row, if it is of streaming_history, that came from a capture. */
void receipt_add(struct receipt *, const struct table *,
    const struct observation *, struct slice src);

/* Count a change, if it is a new row of streaming_history. */
void receipt_change(struct receipt *, const struct change *);

/* Take back the rows that were counted, since they cannot be written. */
void receipt_forbid(struct receipt *, const struct change *);

/*
 * Note a refusal: of a capture or a part of it, or if src.p is NULL, of so many
 * rows of a file.
 */
void receipt_refuse(
    struct receipt *, struct slice src, struct slice file, uint64_t rows);

/*
 * Put the receipt of a run together, as part of the transaction that is open,
 * and begin the next one. `store` keeps it with the run, `shown` prints it in
 * receipt_print. A SQLite result code.
 */
int receipt_end_run(
    struct receipt *, sqlite3 *, struct slice run, bool store, bool shown);

/*
 * Once plays are matched: put the receipts of all runs together again, store
 * them, and print those that are shown, on stderr. A SQLite result code.
 */
int receipt_print(struct receipt *, sqlite3 *, bool store);

#endif
