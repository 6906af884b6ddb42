/*
 * A stage: one program's part of the pipeline. It takes records in, passes
 * on what is not for it, uses or refuses what is, keeps the ledger, and adds
 * its entry when a run ends.
 *
 *	while (stage_next(&st, &rec, -1) == STAGE_RECORD)
 *		if (rec.type == RECORD_CAPTURE)
 *			... stage_use + stage_produce, or stage_refuse
 *		else
 *			stage_pass(&st, &rec);
 *	return stage_finish(&st);
 *
 * Lines that are no records are refused by stage_next itself, but those that
 * mend_line can write again. A stage without
 * an output (sp-load) has `out == NULL`: it sends nothing on.
 */
#ifndef SP_STREAM_STAGE_H
#define SP_STREAM_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/out.h"
#include "stream/ledger.h"
#include "stream/lines.h"
#include "stream/outcome.h"
#include "stream/record.h"

#define STAGE_RUN_MAX 64 /* bytes of a run's id, with its NUL */

/* The fixed short reasons of refusals that every stage has. */
#define REFUSED_NO_RECORD "no record"
#define REFUSED_TOO_LONG "line too long"

enum stage_result {
	STAGE_RECORD,
	STAGE_TIMEOUT,
	STAGE_DONE /* the input ended, or failed, or a signal came */
};

/* A record that was refused, as it is told to people and to the database. */
struct refusal {
	const char *where;   /* "stdin:42" */
	struct slice src;    /* the capture "RUN/SEQ", p == NULL if unknown */
	struct slice place;  /* the part of it; p == NULL for all of it */
	const char *reason;  /* for people */
	struct slice record; /* the line; of a capture nothing */
	bool known;	     /* it is not to be reported again */
};

struct stage {
	const char *name;   /* "sp-stage" */
	const char *source; /* what the input is called: "stdin" or a file */
	struct lines in;
	struct out *out;      /* borrowed; NULL sends nothing on */
	struct ledger ledger; /* of the run that is open, or of what has none */

	bool in_run;		 /* a run was opened and has not ended */
	char run[STAGE_RUN_MAX]; /* its id */
	bool more;		 /* another run is to follow */
	bool cut;		 /* some run never ended, or never came */
	uint64_t records;	 /* taken in so far, of any type */
	uint64_t refused;	 /* so far, over all runs */
	bool stopped;		 /* a signal ended the input early */

	/*
	 * Whether a refusal is known, which then is no reason for the exit
	 * status; NULL if none is.
	 */
	bool (*is_known)(
	    void *ctx, const struct record *, const struct refusal *);
	/* Told of each refusal after it was counted and sent on. */
	void (*on_refusal)(void *ctx, const struct refusal *);
	/*
	 * Told of a line that is no record as it came, but was read all the
	 * same: `reason` is what is wrong with it.
	 */
	void (*on_mended)(void *ctx, const struct refusal *);
	/*
	 * Told before anything but a record that the stage takes is counted
	 * or sent: a stage that reads ahead settles here what it still has.
	 */
	void (*on_other)(void *ctx);
	/*
	 * Told when a run was cut, before the next one opens or at the end;
	 * with NULL when a run that was to follow did not come.
	 */
	void (*on_cut)(void *ctx, const char *run);
	void *ctx;

	struct buf scratch; /* private from here */
	struct buf mended;  /* a line that was no record */
	char src[STAGE_RUN_MAX + 24];
};

/*
 * Read fd; lines of up to max bytes. `takes` is what this stage works on,
 * RECORD_OTHER for nothing. `out` is borrowed, may be NULL.
 */
void stage_init(struct stage *, const char *name, enum record_type takes,
    int fd, struct out *out, size_t max);
void stage_release(struct stage *);

/*
 * The next record, valid until the next call. Before it would wait for
 * input, what is pending in `out` is flushed. timeout_ms as for lines_next.
 */
enum stage_result stage_next(struct stage *, struct record *, int timeout_ms);

/* Pass a record on unchanged. An end is passed with this stage's entry. */
bool stage_pass(struct stage *, const struct record *);

/*
 * Pass an end on with this stage's entry and, unless it went as badly or
 * worse upstream, with this outcome in place of what it says. One that went
 * well takes a reason, if it has none: what was learned on the way.
 */
bool stage_pass_end(
    struct stage *, const struct record *end, const struct outcome *);

/* Count a record as made into others. */
void stage_use(struct stage *, const struct record *);

/* Send a record of one's own making: a line without its newline. */
bool stage_produce(struct stage *, enum record_type, struct slice line);

/*
 * Refuse a record: counted under a short fixed reason, sent on as an error,
 * told to on_refusal with the detail.
 */
bool stage_refuse(struct stage *, const struct record *rec, const char *reason,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The same, with the part of its capture that the record is about. */
bool stage_refuse_at(struct stage *, const struct record *rec,
    struct slice place, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Append the `ledger` array of an end record with this stage's own entry,
 * for the last stage, which keeps it instead of passing the end on.
 */
bool stage_put_ledger(
    struct stage *, const struct record *end, struct buf *array);

/* Note that the run's end has been dealt with, where it is not passed on. */
void stage_run_ended(struct stage *);

/*
 * Complain of a part of a record, the rest of which is used: sent on and told
 * like a refusal, but counted only as an error that was produced. The place
 * names the part in the same way whenever it is met: by a time or an id rather
 * than a position. Its p is NULL if the record has but one.
 */
bool stage_complain(struct stage *, const struct record *rec,
    struct slice place, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The capture that a record is or comes from, "RUN/SEQ"; p == NULL if none. */
struct slice stage_src(struct stage *, const struct record *);

/*
 * Flush, and tell how it went as an exit status of sp(7): 0, 1 when records
 * were refused, 65 when a run was cut, stage_io_status of what failed.
 */
int stage_finish(struct stage *);

/* The status for an errno of reading or writing: 71 without memory, else 74. */
int stage_io_status(int err);

#endif
