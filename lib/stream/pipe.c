#include "stream/pipe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include "json/json.h"
#include "stream/body.h"

/* Bytes of a refused record in its error, if all of it is too long. */
#define RECORD_QUOTED ((size_t)64 << 10)

void pipe_init(struct pipe *p, const char *name, enum record_type takes, int fd,
    struct out *out, size_t max)
{
	*p = (struct pipe){.name = name, .source = "stdin", .out = out};
	p->ledger.takes = takes;
	/* A decoded string, or an end with its ledger, is never longer. */
	p->scratch.max = max + ((size_t)1 << 20);
	p->repaired.max = 3 * p->scratch.max; /* U+FFFD for each byte */
	lines_init(&p->in, fd, max);
}

void pipe_release(struct pipe *p)
{
	lines_release(&p->in);
	buf_release(&p->scratch);
	buf_release(&p->repaired);
}

/* The id of a run or end record, into caller's space; false if it has none. */
static bool run_id(
    struct pipe *p, const struct record *rec, char id[RUN_ID_MAX])
{
	struct slice run;

	buf_clear(&p->scratch);
	if (!record_string(rec, "run", &p->scratch, &run) || run.n == 0 ||
	    run.n >= RUN_ID_MAX || memchr(run.p, '\0', run.n))
		return false;
	memcpy(id, run.p, run.n);
	id[run.n] = '\0';
	return true;
}

/* The open run has no end record, or the run announced after it is missing. */
static void end_truncated(struct pipe *p)
{
	bool open = p->in_run;

	if (!open && !p->more)
		return;
	p->in_run = p->more = false;
	p->truncated = true;
	if (p->on_truncated)
		p->on_truncated(p->ctx, open ? p->run : NULL);
}

static bool announces_more(const struct record *end)
{
	const struct member *more = record_get(end, "more");

	return more && more->type == JSON_TRUE;
}

/* Track which run is open. False if the record was refused. */
static bool follow_run(struct pipe *p, const struct record *rec)
{
	char id[RUN_ID_MAX];

	if (rec->type == RECORD_END) {
		if (p->in_run && run_id(p, rec, id) && !strcmp(id, p->run)) {
			p->more = announces_more(rec);
			return true;
		}
		p->ledger.in[RECORD_END]++;
		pipe_refuse(p, rec, "end of no run",
		    "the end record does not match an open run");
		return false;
	}
	if (rec->type == RECORD_RUN) {
		if (p->in_run)
			end_truncated(p);
		p->more = false;
		ledger_clear(&p->ledger);
		p->ledger.in[RECORD_RUN]++;
		if (!run_id(p, rec, p->run)) {
			pipe_refuse(p, rec, "run without id",
			    "'run' must be a string of 1 to %d bytes",
			    RUN_ID_MAX - 1);
			return false;
		}
		p->in_run = true;
		return true;
	}
	p->ledger.in[rec->type]++;
	return true;
}

static void drain(struct pipe *p)
{
	if (p->on_drain)
		p->on_drain(p->ctx);
}

static void put_where(
    const struct pipe *p, const struct record *rec, char where[64])
{
	snprintf(where, 64, "%.32s:%" PRIu64, p->source, rec->number);
}

/* Read a line that is not a record as its repaired form, if there is one. */
static bool repair(struct pipe *p, struct slice line, struct record *rec)
{
	const char *flaw, *why;
	char where[64], reason[128];
	struct refusal r = {.where = where, .reason = reason};
	size_t at, bad;

	buf_clear(&p->repaired);
	if (!record_repair(line, &p->repaired, &flaw, &at) ||
	    !record_parse(rec, buf_slice(&p->repaired), &why, &bad))
		return false;
	rec->number = p->in.number;
	put_where(p, rec, where);
	snprintf(reason, sizeof(reason), "%s at byte %zu", flaw, at + 1);
	r.src = pipe_src(p, rec);
	if (p->on_repaired)
		p->on_repaired(p->ctx, &r);
	return true;
}

/* Give a line to the stage, before it is read as a record. */
static bool used_line(struct pipe *p, struct slice line)
{
	if (!p->use_line || !p->use_line(p->ctx, line))
		return false;
	p->records++;
	p->ledger.in[p->ledger.takes]++;
	p->ledger.used[p->ledger.takes]++;
	return true;
}

/* Read a line, all of which is checked. False if it was refused. */
static bool check_line(struct pipe *p, struct slice line, struct record *rec)
{
	const char *reason;
	size_t at;
	bool ok = record_parse(rec, line, &reason, &at) || repair(p, line, rec);

	rec->number = p->in.number;
	if (!ok || rec->type != p->ledger.takes)
		drain(p);
	if (ok)
		return follow_run(p, rec);
	rec->type = RECORD_OTHER;
	rec->count = 0;
	rec->line = line;
	p->ledger.in[RECORD_OTHER]++;
	pipe_refuse(p, rec, REFUSED_NO_RECORD, "not a record: %s at byte %zu",
	    reason, at + 1);
	return false;
}

/* Receive a line. False if it was refused, or is blank. */
static bool receive_line(struct pipe *p, struct slice line, struct record *rec)
{
	const char *reason;
	size_t at;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0)
		return false;
	p->records++;
	if (!p->leaves_bodies || !record_parse_head(rec, line, &reason, &at) ||
	    (rec->unchecked && rec->type != p->ledger.takes))
		return check_line(p, line, rec);
	rec->number = p->in.number;
	if (rec->type != p->ledger.takes)
		drain(p);
	return follow_run(p, rec);
}

bool pipe_check(struct pipe *p, struct record *rec)
{
	p->ledger.in[rec->type]--;
	return check_line(p, rec->line, rec);
}

static void refuse_too_long(
    struct pipe *p, struct slice head, struct record *rec)
{
	*rec = (struct record){.number = p->in.number, .line = head};
	drain(p);
	p->records++;
	p->ledger.in[RECORD_OTHER]++;
	pipe_refuse(
	    p, rec, REFUSED_TOO_LONG, "line longer than %zu bytes", p->in.max);
}

enum pipe_result pipe_next(struct pipe *p, struct record *rec, int timeout_ms)
{
	for (;;) {
		struct slice line;
		bool pending;

		if (p->out && p->out->err)
			return PIPE_DONE;
		/* Flush pending output before waiting for input. */
		pending = p->out && p->out->n > 0;
		switch (lines_next(&p->in, &line, pending ? 0 : timeout_ms)) {
		case LINES_LINE:
			if (used_line(p, line))
				return PIPE_USED;
			if (receive_line(p, line, rec))
				return PIPE_RECORD;
			break;
		case LINES_TOO_LONG: refuse_too_long(p, line, rec); break;
		case LINES_TIMEOUT:
			if (!pending)
				return PIPE_TIMEOUT;
			out_flush(p->out);
			break;
		case LINES_STOPPED: p->stopped = true; return PIPE_DONE;
		case LINES_END:
		case LINES_ERROR: return PIPE_DONE;
		}
	}
}

static bool send_line(struct pipe *p, struct slice line)
{
	return !p->out || record_send(p->out, line);
}

bool pipe_put_ledger(
    struct pipe *p, const struct record *end, struct buf *array)
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
	ledger_put(&p->ledger, p->name, array);
	return buf_putc(array, ']');
}

void pipe_end_run(struct pipe *p)
{
	p->in_run = false;
	ledger_clear(&p->ledger);
}

/* The severity of a status; an unknown one counts as failed. */
static int severity(struct slice status)
{
	if (!status.p || slice_is(status, "complete"))
		return 0;
	return slice_is(status, "deferred") ? 1 : 2;
}

bool pipe_pass_end(
    struct pipe *p, const struct record *end, const struct outcome *how)
{
	static const char *const ledger[] = {"ledger", NULL};
	static const char *const all[] = {
	    "ledger", "status", "exit", "reason", "until", NULL};
	struct buf *b = &p->scratch;
	struct slice status;
	bool ok, worse;

	buf_clear(b);
	if (!record_string(end, "status", b, &status))
		status = SLICE("failed");
	worse =
	    how && severity(slice_of(outcome_status(how))) > severity(status);
	/* A complete run may still have a reason to add. */
	worse |= how && how->exit == 0 && *how->reason &&
		 severity(status) == 0 && !record_get(end, "reason");
	buf_clear(b);
	record_put_members(end, worse ? all : ledger, b);
	if (worse)
		outcome_put(how, b);
	json_put_key(b, "ledger");
	pipe_put_ledger(p, end, b);
	buf_putc(b, '}');
	if (b->failed && p->out && !p->out->err)
		p->out->err = EMSGSIZE;
	ok = !b->failed && send_line(p, buf_slice(b));
	pipe_end_run(p);
	return ok;
}

bool pipe_pass(struct pipe *p, const struct record *rec)
{
	if (rec->type == RECORD_END)
		return pipe_pass_end(p, rec, NULL);
	p->ledger.passed[rec->type]++;
	return send_line(p, rec->line);
}

void pipe_use(struct pipe *p, const struct record *rec)
{
	p->ledger.used[rec->type]++;
}

bool pipe_produce(struct pipe *p, enum record_type type, struct slice line)
{
	p->ledger.produced[type]++;
	return send_line(p, line);
}

bool pipe_produce_lines(
    struct pipe *p, enum record_type type, struct slice lines, size_t count)
{
	bool ok = true;

	p->ledger.produced[type] += count;
	if (!p->out || !p->out->terminal)
		return !p->out || out_put_slice(p->out, lines);
	while (lines.n > 0)
		ok = send_line(p, slice_cut(&lines, '\n'));
	return ok;
}

struct slice pipe_src(struct pipe *p, const struct record *rec)
{
	struct slice src = {NULL, 0}, run;
	int64_t seq = -1;
	int n;

	buf_clear(&p->scratch);
	if (rec->type == RECORD_ROW || rec->type == RECORD_ERROR) {
		if (!record_string(rec, "src", &p->scratch, &src))
			src.p = NULL;
		return src;
	}
	if (!record_string(rec, "run", &p->scratch, &run) || run.n == 0 ||
	    run.n >= RUN_ID_MAX || !record_int(rec, "seq", &seq) || seq < 0)
		return src;
	n = snprintf(
	    p->src, sizeof(p->src), "%.*s/%" PRId64, (int)run.n, run.p, seq);
	return (struct slice){p->src, (size_t)n};
}

static bool send_error(
    struct pipe *p, const struct refusal *r, const char *code)
{
	struct buf b = BUF_INIT(p->in.max + 8 * RECORD_QUOTED);
	size_t before;
	bool ok;

	buf_putc(&b, '{');
	json_put_member(&b, "type", SLICE("error"));
	json_put_member(&b, "stage", slice_of(p->name));
	if (p->in_run)
		json_put_member(&b, "run", slice_of(p->run));
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
		    &b, "record", (struct slice){r->record.p, RECORD_QUOTED});
	}
	buf_putc(&b, '}');
	/* An error record that cannot be written fails the output. */
	if (b.failed && !p->out->err)
		p->out->err = EMSGSIZE;
	ok = !b.failed && pipe_produce(p, RECORD_ERROR, buf_slice(&b));
	buf_release(&b);
	return ok;
}

/* Report a record, or a part of one, that is not used. */
__attribute__((format(printf, 5, 0))) static bool report_refusal(struct pipe *p,
    const struct record *rec, struct slice place, const char *code,
    const char *fmt, va_list ap)
{
	char where[64], reason[1024];
	struct refusal r = {.where = where, .place = place, .reason = reason};
	bool ok = true;

	vsnprintf(reason, sizeof(reason), fmt, ap);
	put_where(p, rec, where);
	r.src = pipe_src(p, rec);
	r.known = p->is_known && p->is_known(p->ctx, rec, &r);
	p->refused += !r.known;
	/* Captures are big, and stored in staging_raw. */
	if (rec->type != RECORD_CAPTURE)
		r.record = rec->line;
	if (p->out)
		ok = send_error(p, &r, code);
	if (p->on_refusal)
		p->on_refusal(p->ctx, &r);
	return ok;
}

bool pipe_refuse(struct pipe *p, const struct record *rec, const char *code,
    const char *fmt, ...)
{
	const struct slice all = {NULL, 0};
	va_list ap;
	bool ok;

	ledger_refuse(&p->ledger, rec->type, code, 1);
	va_start(ap, fmt);
	ok = report_refusal(p, rec, all, code, fmt, ap);
	va_end(ap);
	return ok;
}

bool pipe_report_part(struct pipe *p, const struct record *rec,
    struct slice place, const char *code, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = report_refusal(p, rec, place, code, fmt, ap);
	va_end(ap);
	return ok;
}

int pipe_io_status(int err)
{
	return err == ENOMEM ? EX_OSERR : EX_IOERR;
}

int pipe_finish(struct pipe *p)
{
	/*
	 * After a failed write the rest of the input is unread: the run is not
	 * truncated.
	 */
	if (p->out && !out_flush(p->out))
		return pipe_io_status(p->out->err);
	end_truncated(p);
	if (p->in.err)
		return pipe_io_status(p->in.err);
	if (p->truncated)
		return EX_DATAERR;
	return p->refused ? EX_REFUSED : 0;
}
