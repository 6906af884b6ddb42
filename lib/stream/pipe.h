/*
 * A stage of the pipeline. It reads records, passes on those of other types,
 * uses or refuses those of its own, counts all of them in the ledger, and adds
 * its entry when a run ends.
 *
 *	while (pipe_next(&st, &rec, -1) == PIPE_RECORD)
 *		if (rec.type == RECORD_CAPTURE)
 *			... pipe_use + pipe_produce, or pipe_refuse
 *		else
 *			pipe_pass(&st, &rec);
 *	return pipe_finish(&st);
 *
 * pipe_next itself refuses lines that are no records, unless record_repair can
 * repair them. A stage without an output (sp-load) has `out ==
 * NULL`: it sends nothing on.
 */
#ifndef SP_STREAM_PIPE_H
#define SP_STREAM_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/out.h"
#include "stream/ledger.h"
#include "stream/lines.h"
#include "stream/outcome.h"
#include "stream/record.h"

#define RUN_ID_MAX 64 /* bytes of a run's id, with its NUL */

/* The fixed short reasons of refusals that every stage has. */
#define REFUSED_NO_RECORD "no record"
#define REFUSED_TOO_LONG "line too long"

enum pipe_result {
	PIPE_RECORD,
	PIPE_USED, /* a line that use_line has used: there is no record */
	PIPE_TIMEOUT,
	PIPE_DONE /* the input ended, or failed, or a signal came */
};

/* A record that was refused, as it is reported to users and to the database. */
struct refusal {
	const char *where;   /* "stdin:42" */
	struct slice src;    /* the capture "RUN/SEQ", p == NULL if unknown */
	struct slice place;  /* the part of it; p == NULL for all of it */
	const char *reason;  /* for people */
	struct slice record; /* the line; of a capture nothing */
	bool known; /* it was reported before, and is not reported again */
};

struct pipe {
	const char *name;   /* "sp-stage" */
	const char *source; /* what the input is called: "stdin" or a file */
	struct lines in;
	struct out *out;      /* borrowed; NULL sends nothing on */
	struct ledger ledger; /* of the run that is open, or of what has none */

	bool in_run;	      /* a run was opened and has not ended */
	char run[RUN_ID_MAX]; /* its id */
	bool more;	      /* another run is to follow */
	bool truncated;	      /* a run has no end record, or is missing */
	uint64_t records;     /* received so far, of any type */
	uint64_t refused;     /* so far, over all runs */
	bool stopped;	      /* a signal ended the input early */

	/*
	 * Asked with each line before it is read as a record: whether the stage
	 * has used it up, as one of those it takes. NULL if it never does.
	 */
	bool (*use_line)(void *ctx, struct slice line);

	/*
	 * Set by a stage that reads all of what it works on: pipe_next does not
	 * check the body of such a record, and the stage calls pipe_check if it
	 * finds that it cannot be read.
	 */
	bool leaves_bodies;

	/*
	 * Whether a refusal is known, which then is no reason for the exit
	 * status; NULL if none is.
	 */
	bool (*is_known)(
	    void *ctx, const struct record *, const struct refusal *);
	/* Called for each refusal, after it was counted and sent on. */
	void (*on_refusal)(void *ctx, const struct refusal *);
	/*
	 * Called for a line that was not a valid record, and was repaired:
	 * `reason` says what was wrong with it.
	 */
	void (*on_repaired)(void *ctx, const struct refusal *);
	/*
	 * Called before any other record is counted or forwarded, so that a
	 * stage with work in flight can drain it, in order.
	 */
	void (*on_drain)(void *ctx);
	/*
	 * Called when a run has no end record, before the next one opens or at
	 * the end of the input; with NULL when an announced run is missing.
	 */
	void (*on_truncated)(void *ctx, const char *run);
	void *ctx;

	struct buf scratch;  /* private from here */
	struct buf repaired; /* a line that was no record */
	char src[RUN_ID_MAX + 24];
};

/*
 * Read fd; lines of up to max bytes. `takes` is what this stage works on,
 * RECORD_OTHER for nothing. `out` is borrowed, may be NULL.
 */
void pipe_init(struct pipe *, const char *name, enum record_type takes, int fd,
    struct out *out, size_t max);
void pipe_release(struct pipe *);

/*
 * The next record, valid until the next call. Before it would wait for
 * input, what is pending in `out` is flushed. timeout_ms as for lines_next.
 */
enum pipe_result pipe_next(struct pipe *, struct record *, int timeout_ms);

/*
 * Check a record that is `unchecked`, before anything was done with it: read it
 * anew, perhaps repaired. False if it was refused.
 */
bool pipe_check(struct pipe *, struct record *);

/* Pass a record on unchanged. An end is passed with this stage's entry. */
bool pipe_pass(struct pipe *, const struct record *);

/*
 * Pass an end on with this stage's entry. If this outcome is worse than the
 * end's own, it replaces that. A complete run without a reason may get one.
 */
bool pipe_pass_end(
    struct pipe *, const struct record *end, const struct outcome *);

/* Count a record as made into others. */
void pipe_use(struct pipe *, const struct record *);

/* Send a record of one's own making: a line without its newline. */
bool pipe_produce(struct pipe *, enum record_type, struct slice line);

/* Send many of one type: lines, each with its newline. */
bool pipe_produce_lines(
    struct pipe *, enum record_type, struct slice lines, size_t count);

/*
 * Refuse a record: counted under a short fixed reason, sent on as an error,
 * reported to on_refusal with the detail.
 */
bool pipe_refuse(struct pipe *, const struct record *rec, const char *reason,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Append the `ledger` array of an end record with this stage's own entry,
 * for the last stage, which stores it instead of passing the end on.
 */
bool pipe_put_ledger(
    struct pipe *, const struct record *end, struct buf *array);

/* Close the run, for a stage that does not pass its end record on. */
void pipe_end_run(struct pipe *);

/*
 * Refuse a part of a record whose rest is used: reported like a refusal, but
 * counted only as a produced error. The place names the part by a time or an id
 * rather than a position, so that it is the same whenever it is met. Its p is
 * NULL if the record has only one part.
 */
bool pipe_report_part(struct pipe *, const struct record *rec,
    struct slice place, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The capture that a record is or comes from, "RUN/SEQ"; p == NULL if none. */
struct slice pipe_src(struct pipe *, const struct record *);

/*
 * Flush, and return an exit status of sp(7): 0, 1 if records were refused, 65
 * if a run has no end, or pipe_io_status of a failed read or write.
 */
int pipe_finish(struct pipe *);

/* The status for an errno of reading or writing: 71 without memory, else 74. */
int pipe_io_status(int err);

#endif
