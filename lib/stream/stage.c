#include "stream/stage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "json/json.h"
#include "stream/mend.h"

/* Kept of a refused record that would not fit a line of the stream quoted. */
#define RECORD_KEPT ((size_t)64 << 10)
#define EX_REFUSED 1

void stage_init(struct stage *st, const char *name, enum record_type takes,
    int fd, struct out *out, size_t max)
{
	*st = (struct stage){.name = name, .source = "stdin", .out = out};
	st->ledger.takes = takes;
	/* A decoded string, or an end with its ledger, is never longer. */
	st->scratch.max = max + ((size_t)1 << 20);
	st->mended.max = 3 * st->scratch.max; /* U+FFFD for each byte */
	lines_init(&st->in, fd, max);
}

void stage_release(struct stage *st)
{
	lines_release(&st->in);
	buf_release(&st->scratch);
	buf_release(&st->mended);
}

/* The id of a run or end record, into caller's space; false if it has none. */
static bool run_id(
    struct stage *st, const struct record *rec, char id[STAGE_RUN_MAX])
{
	struct slice run;

	buf_clear(&st->scratch);
	if (!record_string(rec, "run", &st->scratch, &run) || run.n == 0 ||
	    run.n >= STAGE_RUN_MAX || memchr(run.p, '\0', run.n))
		return false;
	memcpy(id, run.p, run.n);
	id[run.n] = '\0';
	return true;
}

/* No more comes of the run that is open, nor any that was to follow. */
static void note_cut(struct stage *st)
{
	bool open = st->in_run;

	if (!open && !st->more)
		return;
	st->in_run = st->more = false;
	st->cut = true;
	if (st->on_cut)
		st->on_cut(st->ctx, open ? st->run : NULL);
}

static bool announces_more(const struct record *end)
{
	const struct member *more = record_get(end, "more");

	return more && more->type == JSON_TRUE;
}

/* Keep track of which run is open. False if the record was refused. */
static bool follow_run(struct stage *st, const struct record *rec)
{
	char id[STAGE_RUN_MAX];

	if (rec->type == RECORD_END) {
		if (st->in_run && run_id(st, rec, id) && !strcmp(id, st->run)) {
			st->more = announces_more(rec);
			return true;
		}
		st->ledger.in[RECORD_END]++;
		stage_refuse(st, rec, "end of no run",
		    "the end record does not match an open run");
		return false;
	}
	if (rec->type == RECORD_RUN) {
		if (st->in_run)
			note_cut(st);
		st->more = false;
		ledger_clear(&st->ledger);
		st->ledger.in[RECORD_RUN]++;
		if (!run_id(st, rec, st->run)) {
			stage_refuse(st, rec, "run without id",
			    "'run' must be a string of 1 to %d bytes",
			    STAGE_RUN_MAX - 1);
			return false;
		}
		st->in_run = true;
		return true;
	}
	st->ledger.in[rec->type]++;
	return true;
}

static void tell_other(struct stage *st)
{
	if (st->on_other)
		st->on_other(st->ctx);
}

static void put_where(const struct stage *st, char where[64])
{
	snprintf(where, 64, "%.32s:%" PRIu64, st->source, st->in.number);
}

/* Read a line that is no record as one with its flaws mended, if that helps. */
static bool mend(struct stage *st, struct slice line, struct record *rec)
{
	const char *flaw, *why;
	char where[64], reason[128];
	struct refusal r = {.where = where, .reason = reason};
	size_t at, bad;

	buf_clear(&st->mended);
	if (!mend_line(line, &st->mended, &flaw, &at) ||
	    !record_parse(rec, buf_slice(&st->mended), &why, &bad))
		return false;
	put_where(st, where);
	snprintf(reason, sizeof(reason), "%s at byte %zu", flaw, at + 1);
	r.src = stage_src(st, rec);
	if (st->on_mended)
		st->on_mended(st->ctx, &r);
	return true;
}

/* Take a line in. False if it was refused, or is blank. */
static bool take(struct stage *st, struct slice line, struct record *rec)
{
	const char *reason;
	size_t at;
	bool ok;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0)
		return false;
	st->records++;
	ok = record_parse(rec, line, &reason, &at) || mend(st, line, rec);
	if (!ok || rec->type != st->ledger.takes)
		tell_other(st);
	if (ok)
		return follow_run(st, rec);
	rec->type = RECORD_OTHER;
	rec->count = 0;
	rec->line = line;
	st->ledger.in[RECORD_OTHER]++;
	stage_refuse(st, rec, REFUSED_NO_RECORD, "not a record: %s at byte %zu",
	    reason, at + 1);
	return false;
}

static void take_too_long(
    struct stage *st, struct slice head, struct record *rec)
{
	rec->type = RECORD_OTHER;
	rec->count = 0;
	rec->line = head;
	tell_other(st);
	st->records++;
	st->ledger.in[RECORD_OTHER]++;
	stage_refuse(st, rec, REFUSED_TOO_LONG, "line longer than %zu bytes",
	    st->in.max);
}

enum stage_result stage_next(
    struct stage *st, struct record *rec, int timeout_ms)
{
	for (;;) {
		struct slice line;
		bool pending;

		if (st->out && st->out->err)
			return STAGE_DONE;
		/* What is pending goes out before this waits for more. */
		pending = st->out && st->out->n > 0;
		switch (lines_next(&st->in, &line, pending ? 0 : timeout_ms)) {
		case LINES_LINE:
			if (take(st, line, rec))
				return STAGE_RECORD;
			break;
		case LINES_TOO_LONG: take_too_long(st, line, rec); break;
		case LINES_TIMEOUT:
			if (!pending)
				return STAGE_TIMEOUT;
			out_flush(st->out);
			break;
		case LINES_STOPPED: st->stopped = true; return STAGE_DONE;
		case LINES_END:
		case LINES_ERROR: return STAGE_DONE;
		}
	}
}

static bool send_line(struct stage *st, struct slice line)
{
	return !st->out || record_send(st->out, line);
}

bool stage_put_ledger(
    struct stage *st, const struct record *end, struct buf *array)
{
	struct slice before = record_raw(end, "ledger");

	buf_putc(array, '[');
	/* What an array holds, without its brackets; else what is no ledger. */
	if (before.n > 0 && before.p[0] == '[')
		before = (struct slice){before.p + 1, before.n - 2};
	while (before.n > 0 && strchr(" \t\r", before.p[0]))
		before = slice_from(before, 1);
	if (before.n > 0) {
		buf_put_slice(array, before);
		buf_putc(array, ',');
	}
	ledger_put(&st->ledger, st->name, array);
	return buf_putc(array, ']');
}

void stage_run_ended(struct stage *st)
{
	st->in_run = false;
	ledger_clear(&st->ledger);
}

/* How bad a status is; one that is unknown is not for us to improve. */
static int badness(struct slice status)
{
	if (!status.p || slice_is(status, "complete"))
		return 0;
	return slice_is(status, "deferred") ? 1 : 2;
}

bool stage_pass_end(
    struct stage *st, const struct record *end, const struct outcome *how)
{
	static const char *const ledger[] = {"ledger", NULL};
	static const char *const all[] = {
	    "ledger", "status", "exit", "reason", "until", NULL};
	struct buf *b = &st->scratch;
	struct slice status;
	bool ok, worse;

	buf_clear(b);
	if (!record_string(end, "status", b, &status))
		status = SLICE("failed");
	worse = how && badness(slice_of(outcome_status(how))) > badness(status);
	/* What was well may still have something to say. */
	worse |= how && how->exit == 0 && *how->reason &&
		 badness(status) == 0 && !record_get(end, "reason");
	buf_clear(b);
	record_put_members(end, worse ? all : ledger, b);
	if (worse)
		outcome_put(how, b);
	json_put_key(b, "ledger");
	stage_put_ledger(st, end, b);
	buf_putc(b, '}');
	if (b->failed && st->out && !st->out->err)
		st->out->err = EMSGSIZE;
	ok = !b->failed && send_line(st, buf_slice(b));
	stage_run_ended(st);
	return ok;
}

bool stage_pass(struct stage *st, const struct record *rec)
{
	if (rec->type == RECORD_END)
		return stage_pass_end(st, rec, NULL);
	st->ledger.passed[rec->type]++;
	return send_line(st, rec->line);
}

void stage_use(struct stage *st, const struct record *rec)
{
	st->ledger.used[rec->type]++;
}

bool stage_produce(struct stage *st, enum record_type type, struct slice line)
{
	st->ledger.produced[type]++;
	return send_line(st, line);
}

struct slice stage_src(struct stage *st, const struct record *rec)
{
	struct slice src = {NULL, 0}, run;
	int64_t seq = -1;
	int n;

	buf_clear(&st->scratch);
	if (rec->type == RECORD_ROW || rec->type == RECORD_ERROR) {
		if (!record_string(rec, "src", &st->scratch, &src))
			src.p = NULL;
		return src;
	}
	if (!record_string(rec, "run", &st->scratch, &run) || run.n == 0 ||
	    run.n >= STAGE_RUN_MAX || !record_int(rec, "seq", &seq) || seq < 0)
		return src;
	n = snprintf(
	    st->src, sizeof(st->src), "%.*s/%" PRId64, (int)run.n, run.p, seq);
	return (struct slice){st->src, (size_t)n};
}

static bool send_error(
    struct stage *st, const struct refusal *r, const char *code)
{
	struct buf b = BUF_INIT(st->in.max + 8 * RECORD_KEPT);
	size_t before;
	bool ok;

	buf_putc(&b, '{');
	json_put_member(&b, "type", SLICE("error"));
	json_put_member(&b, "stage", slice_of(st->name));
	if (st->in_run)
		json_put_member(&b, "run", slice_of(st->run));
	if (r->src.p)
		json_put_member(&b, "src", r->src);
	json_put_member(&b, "where", slice_of(r->where));
	if (r->place.p)
		json_put_member(&b, "place", r->place);
	json_put_member(&b, "code", slice_of(code));
	json_put_member(&b, "reason", slice_of(r->reason));
	before = b.n;
	if (r->record.p && !json_put_member(&b, "record", r->record)) {
		b.n = before;
		b.failed = false;
		json_put_member(
		    &b, "record", (struct slice){r->record.p, RECORD_KEPT});
	}
	buf_putc(&b, '}');
	/* A refusal that nobody hears of must not pass for one that is told. */
	if (b.failed && !st->out->err)
		st->out->err = EMSGSIZE;
	ok = !b.failed && stage_produce(st, RECORD_ERROR, buf_slice(&b));
	buf_release(&b);
	return ok;
}

/* Tell of a record, or a part of one, that is not used. */
__attribute__((format(printf, 5, 0))) static bool report(struct stage *st,
    const struct record *rec, struct slice place, const char *code,
    const char *fmt, va_list ap)
{
	char where[64], reason[1024];
	struct refusal r = {.where = where, .place = place, .reason = reason};
	bool ok = true;

	vsnprintf(reason, sizeof(reason), fmt, ap);
	put_where(st, where);
	r.src = stage_src(st, rec);
	r.known = st->is_known && st->is_known(st->ctx, rec, &r);
	st->refused += !r.known;
	/* Captures are big, and kept in staging_raw. */
	if (rec->type != RECORD_CAPTURE)
		r.record = rec->line;
	if (st->out)
		ok = send_error(st, &r, code);
	if (st->on_refusal)
		st->on_refusal(st->ctx, &r);
	return ok;
}

bool stage_refuse(struct stage *st, const struct record *rec, const char *code,
    const char *fmt, ...)
{
	const struct slice all = {NULL, 0};
	va_list ap;
	bool ok;

	ledger_refuse(&st->ledger, rec->type, code, 1);
	va_start(ap, fmt);
	ok = report(st, rec, all, code, fmt, ap);
	va_end(ap);
	return ok;
}

bool stage_refuse_at(struct stage *st, const struct record *rec,
    struct slice place, const char *code, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	ledger_refuse(&st->ledger, rec->type, code, 1);
	va_start(ap, fmt);
	ok = report(st, rec, place, code, fmt, ap);
	va_end(ap);
	return ok;
}

bool stage_complain(struct stage *st, const struct record *rec,
    struct slice place, const char *code, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = report(st, rec, place, code, fmt, ap);
	va_end(ap);
	return ok;
}

int stage_io_status(int err)
{
	return err == ENOMEM ? EX_OSERR : EX_IOERR;
}

int stage_finish(struct stage *st)
{
	/* What was not read because nothing could be written was not cut. */
	if (st->out && !out_flush(st->out))
		return stage_io_status(st->out->err);
	note_cut(st);
	if (st->in.err)
		return stage_io_status(st->in.err);
	if (st->cut)
		return EX_DATAERR;
	return st->refused ? EX_REFUSED : 0;
}
