/*
 * Where values come from: captures, each named by its run and seq, which the
 * table `sources` numbers. Numbers mean nothing outside of their database:
 * captures come in the order of their runs' names, and then of seq, whatever
 * was loaded first.
 *
 * SQLite's result codes, where nothing else is said.
 */
#ifndef SP_MERGE_SOURCES_H
#define SP_MERGE_SOURCES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/slice.h"

#define SOURCE_NONE 0	    /* no capture: a row typed by hand */
#define SOURCE_UNKNOWN (-1) /* loaded by an sp that kept no sources */

/* A capture as row records name it. */
struct source_name {
	struct slice text; /* as written */
	struct slice run;  /* of it; p == NULL if it names no capture */
	int64_t seq;
	int64_t number; /* by sources_number; SOURCE_NONE before */
};

/* Read RUN/SEQ; what it holds points into the text. */
struct source_name source_name_read(struct slice text);

/* Which of two names is the first, or the one that is there: NULL is none. */
const struct source_name *source_name_first(
    const struct source_name *, const struct source_name *);

#define SOURCES_MEMO 2048

/* A numbered capture, for comparing. */
struct source_order {
	int64_t number;
	int64_t run; /* among the runs of the memo; -1 if it is in no table */
	int64_t seq;
};

struct sources {
	sqlite3 *db; /* borrowed */
	bool dry;    /* nothing is numbered: all is of SOURCE_NONE */
	int rc;	     /* the first failure of sources_first */

	sqlite3_stmt *find, *insert, *name; /* private */
	struct source_order memo[SOURCES_MEMO];
	struct intern runs;
};

void sources_init(struct sources *, sqlite3 *, bool dry);
void sources_release(struct sources *);

/* Number a capture, within the transaction that is open. */
int sources_number(struct sources *, struct source_name *);

/*
 * Which of two sources comes first: a capture before one that is unknown, and
 * that before none. After a failure see `rc`.
 */
int64_t sources_first(struct sources *, int64_t a, int64_t b);

#endif
