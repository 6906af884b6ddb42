/*
 * What the files of sp-load share, each using those after it: sp-load.c reads
 * stdin, load_records.c handles its records, load_commit.c writes them,
 * load_run_log.c keeps the run log, load_receipt.c counts the streams of an
 * export, and load_report.c has the messages, the counts and the exit status.
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
#include "listing.h"
#include "load_receipt.h"
#include "match/unmatched.h"
#include "merge/apply.h"
#include "merge/batch.h"
#include "merge/row_record.h"
#include "merge/table.h"
#include "merge/tracklist.h"
#include "stream/pipe.h"

/* Bytes of a batch that fill it. */
#define LOAD_BATCH_BYTES ((size_t)64 << 20)

struct load_options {
	const char *db;
	const char *user;
	bool dry;
	bool digest;
	enum listing_form form; /* of the digest */
	bool rematch;
	bool progress, quiet;
	uint64_t batch_rows;
	int64_t batch_ms;
	size_t max_line;
};

struct load_counts {
	uint64_t rows, inserted, updated, unchanged, removed, refused;
	uint64_t known; /* of those that were refused */
};

/* The open run, or the rows outside of runs. */
struct load_run {
	bool open;
	char id[RUN_ID_MAX];
	bool planned; /* by a job, or the replay of such a run */
	struct buf job;
	struct buf replay_of;	/* the run that it replays, or empty */
	struct buf uncommitted; /* of a replay: runs without a good end, JSON */
	struct load_counts counts;
	bool has_cursor;
	int64_t cursor;
	bool covers;	 /* its rows say between which times plays are known */
	struct buf gaps; /* that were reported, a JSON array; empty for none */
	bool incomplete; /* some list of tracks is */
};

struct load {
	struct load_options options;
	struct pipe pipe;
	struct row_ending ending; /* of the last row */
	struct out out;		  /* the changes of a dry run */
	sqlite3 *db;
	const char *path;
	struct tables tables;
	struct applier applier;
	struct tracklists lists;
	struct unmatched unmatched;	/* what the transaction changes */
	struct batch batch;		/* rows of the next transaction */
	struct batch deferred;		/* rows that wait for the run's end */
	struct resolutions resolutions; /* errors that do so */
	int64_t batch_since;	/* when the batch began, monotonic ms; or 0 */
	int batch_left;		/* ms, as batch_time_left found last */
	uint64_t clock_read_at; /* the bytes of input read by then */
	struct load_run run;
	struct receipt receipt;
	struct load_counts total;
	struct load_counts *by_table; /* by its index */
	size_t by_table_count;
	int status; /* the worst so far */
	struct buf line, why;
};

/* Progress, by captures where the runs announce how many there are. */
struct load_progress {
	const struct load *load;
	uint64_t captures; /* whose rows came */
	uint64_t total;	   /* announced, or 0 */
	char src[RUN_ID_MAX + 24];
};

/* --- load_records.c: what becomes of each line of stdin --------------------
 */

/* Begin to read stdin, with the database open. */
void load_open_stdin(struct load *);

/* Handle a record that was read. Most rows do not come here, but are used by
 * their line. */
void load_handle_record(struct load *, const struct record *);

/* --- load_commit.c: transactions, open only while they are written -------- */

/* Write the rows and refusals of the batch. */
void load_flush(struct load *);

/* Close the run as its end record says, if the ledger agrees. */
void load_end_run(struct load *, const struct record *end);

/* Close the open run as failed; its rows are kept. */
void load_abort_run(struct load *, const char *reason);

/* Write the rows outside of runs, with the deferred ones if all is good. */
void load_end_rows(struct load *, bool good);

/* Match streams with plays, as far as either has changed; not in a dry run. */
void load_match(struct load *);

/* --- load_run_log.c: what the log says of the open run -------------------- */

/* An error of sp-load in the open run; `now` gets the time. */
struct dead_letter load_error(const struct load *, char now[CLOCK_TEXT]);

/* Whether a capture is of a run that ended badly, and so moves no cursor. */
bool load_is_uncommitted(const struct load_run *, struct slice src);

/*
 * Whether a refusal is known, so that it is not reported again. Outside of
 * planned runs none is.
 */
bool load_is_known(
    struct load *, struct slice src, struct slice place, struct slice reason);

/* For the applier, with a struct load: a row changed, or cannot be written. */
void load_on_change(void *ctx, const struct change *);
void load_on_forbidden(void *ctx, const struct change *, const char *reason);

/* For tracklists_report_incomplete, likewise. */
void load_on_incomplete(
    void *ctx, struct slice playlist, struct slice list, const char *reason);

/*
 * Report the times between which plays may be missing, unless a run reported
 * them; inside a transaction.
 */
void load_report_gaps(struct load *);

/* Write an error, or the end of the run, inside a transaction. */
void load_write_error(struct load *, const struct dead_letter *);
void load_write_end(struct load *, const struct run_end *);

/* Reset the run, after adding its counts to the totals. */
void load_reset_run(struct load *);

/* --- load_report.c -------------------------------------------------------- */

/* Release all that uses the database, and close it. */
void load_close(struct load *);

/* Report a failure of the database, undo the transaction, and exit. */
_Noreturn void load_die(struct load *);

/* The more severe of two exit statuses. */
int load_worse_status(int a, int b);

/* The time of day, written into `text`; p == NULL without a clock. */
struct slice load_now(char text[CLOCK_TEXT]);

/* Add a change to counts. */
void load_count(struct load_counts *, const struct change *);

/* Print a change of a dry run, and count it for its table. */
void load_print_change(struct load *, const struct change *);

/* Begin to show progress; and after each record, or a row without: NULL. */
void load_begin_progress(struct load_progress *);
void load_show_progress(struct load_progress *, const struct record *);

/* Whether a person reads stderr, or --progress was given; not with --quiet. */
bool load_has_reader(const struct load *);

/* Report what was changed: by table in a dry run, and the sum if wanted. */
void load_summarize(const struct load *);

/* Match all streams and plays anew; the status. */
int load_rematch(const struct load_options *);

/* Print the receipts of imports, once their plays are matched. */
void load_print_receipts(struct load *);

/* Print a digest of each table, of one state of the database; the status. */
int load_print_digest(const struct load_options *);

#endif
