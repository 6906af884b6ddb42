/*
 * sp-load at work, as its files share it: the records that come (sp-load.c),
 * what is written of them (load_write.c), the books of the run that is open
 * (load_books.c), and what is shown to people (load_show.c). Whatever cannot
 * go on ends the program here, with a message.
 */
#ifndef SP_CMD_LOAD_H
#define SP_CMD_LOAD_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/out.h"
#include "db/dead_letters.h"
#include "db/runs.h"
#include "merge/apply.h"
#include "merge/batch.h"
#include "merge/table.h"
#include "merge/tracklist.h"
#include "stream/pipe.h"

struct load_options {
	const char *db;
	const char *user;
	bool dry;
	bool digest;
	bool progress;
	uint64_t batch_rows;
	int64_t batch_ms;
	size_t max_line;
};

struct load_counts {
	uint64_t rows, inserted, updated, unchanged, removed, refused;
	uint64_t known; /* of those that were refused */
};

/* What is known of the run that is open, or of the rows that have none. */
struct load_run {
	bool open;
	char id[RUN_ID_MAX];
	bool planned; /* or the replay of one that was */
	struct buf job;
	struct buf replay_of;	/* the run that it brings again, or empty */
	struct buf uncommitted; /* of a replay: the runs, as a JSON array */
	struct load_counts counts;
	bool has_cursor;
	int64_t cursor;
	bool covers;	 /* its rows say between which times plays are known */
	struct buf gaps; /* that were reported, a JSON array; empty for none */
	bool incomplete; /* some list of tracks is */
};

struct load {
	struct load_options options;
	struct pipe stage;
	struct out out;
	sqlite3 *db;
	const char *path;
	struct tables tables;
	struct applier applier;
	struct tracklists lists; /* of tracks, by the page */
	struct batch batch;	 /* what is written next */
	struct batch deferred;	 /* what is deferred until its run commits */
	struct resolutions resolutions; /* so are errors to resolve */
	int64_t batch_since;	/* by clock_monotonic, 0 while it is empty */
	int batch_left;		/* milliseconds, when last asked */
	uint64_t clock_read_at; /* of the input, in bytes */
	struct load_run run;
	struct load_counts total;
	struct load_counts *by_table; /* by its index */
	size_t by_table_count;
	int status; /* the worst so far */
	struct buf line, why;
};

/* What is shown while rows come: by captures, where it is known how many. */
struct load_progress {
	bool enabled;
	uint64_t records;
	uint64_t captures; /* whose rows have come */
	int64_t total;	   /* that the runs announced, or 0 */
	char src[RUN_ID_MAX + 24];
};

/* --- load_write.c: transactions, open only while they are written -------- */

/* Let go of all that the database holds, and close it. */
void load_close(struct load *);

/* The database failed: nothing of the batch is written, and no more can be. */
_Noreturn void load_die(struct load *);

/* Write the rows and refusals that have come. */
void load_flush(struct load *);

/* The run ends as its end record says, if the ledger agrees. */
void load_end_run(struct load *, const struct record *end);

/* The open run has no end record: its rows are kept, and it failed. */
void load_abort_run(struct load *, const char *reason);

/* Write what has come outside of any run; its end is as good as any. */
void load_end_rows(struct load *, bool good);

/* --- load_books.c: what is noted of a run, and kept in its books --------- */

/* Which of two statuses a caller must hear of. */
int load_worse_status(int a, int b);

/* The time of day, written into `text`; p == NULL without a clock. */
struct slice load_now(char text[CLOCK_TEXT]);

/* Whether the capture of that name is of a run that moves no cursor. */
bool load_is_uncommitted(const struct load_run *, struct slice src);

/*
 * Whether a refusal was met before, so that it is not to be reported again:
 * of a planned run alone. Whoever replays or imports is told all.
 */
bool load_is_known(
    struct load *, struct slice src, struct slice place, struct slice reason);

/* Add a change to counts. */
void load_count(struct load_counts *, const struct change *);

/* For the loader, with a struct load: a row was changed, or cannot be. */
void load_on_change(void *ctx, const struct change *);
void load_on_forbidden(void *ctx, const struct change *, const char *reason);

/* For tracklists_report_incomplete, likewise: a list of tracks is not whole. */
void load_on_incomplete(
    void *ctx, struct slice playlist, struct slice list, const char *reason);

/*
 * Say between which times plays may be missing, where nobody has said so yet
 * and the rows are such that they can tell; inside a transaction. A run that
 * was sent ahead of another one leaves it to that.
 */
void load_report_gaps(struct load *);

/* Store an error, and say how the run ended; inside a transaction. */
void load_write_error(struct load *, const struct dead_letter *);
void load_write_end(struct load *, const struct run_end *);

/* Reset the run, after adding its counts to the totals. */
void load_reset_run(struct load *);

/* --- load_show.c: for people, and what a dry run prints ------------------- */

/* Print a change that would be made, and count it for its table. */
void load_print_change(struct load *, const struct change *);

void load_show_progress(
    struct load_progress *, const struct load *, const struct record *);

/* A dry run is summed up by table; else it is said at the end if asked. */
void load_summarize(const struct load *);

/* Print a digest of each table, of one state of the database; the status. */
int load_print_digest(const struct load_options *);

#endif
