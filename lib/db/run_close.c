#include "db/run_close.h"

#include <sysexits.h>

#include "stream/ledger.h"
#include "stream/outcome.h"

/* A parsed end record. */
struct end_record {
	struct slice status, reason, until;
	int64_t exit_status; /* of sp(7), -1 if there is none */
};

/* A string member; what is no string is nothing. */
static struct slice string(
    const struct record *end, const char *name, struct buf *text)
{
	struct slice value;

	if (!record_string(end, name, text, &value))
		value.p = NULL;
	return value;
}

static struct end_record read_end_record(
    const struct record *end, struct buf *text)
{
	struct end_record e = {.exit_status = -1};

	e.status = string(end, "status", text);
	e.reason = string(end, "reason", text);
	e.until = string(end, "until", text);
	if (!record_int(end, "exit", &e.exit_status))
		e.exit_status = -1;
	/* Nobody's status but those of sp(7) is handed on. */
	if (e.exit_status != EX_REFUSED &&
	    (e.exit_status < EX__BASE || e.exit_status > EX__MAX))
		e.exit_status = -1;
	return e;
}

/* Whether a reason names a time already. */
static bool mentions(struct slice reason, struct slice time)
{
	for (; reason.n >= time.n && time.n > 0; reason = slice_from(reason, 1))
		if (slice_starts(reason, time))
			return true;
	return false;
}

static void put_reason(const struct end_record *e, struct buf *text)
{
	if (e->reason.p)
		buf_put_slice(text, e->reason);
	else
		buf_puts(text, "no reason was given");
	if (e->until.p && !(e->reason.p && mentions(e->reason, e->until))) {
		buf_puts(text, ", until ");
		buf_put_slice(text, e->until);
	}
}

void run_close_decide(const struct record *end, struct slice ledger,
    struct run_end *end_out, struct buf *text)
{
	struct ledger_totals totals;
	struct end_record e;
	size_t from;
	bool balanced;

	/* All the room first: what is decoded must stay where it is. */
	buf_reserve(text, text->max);
	e = read_end_record(end, text);
	from = text->n;
	balanced = ledger_check(ledger, text, &totals);
	*end_out = (struct run_end){.status = "failed",
	    .exit_status = EX_DATAERR,
	    .ledger = ledger,
	    .has_counts = true,
	    .requests = totals.requests,
	    .captures = totals.captures,
	    .staged = totals.staged,
	    .refused = totals.refused};
	if (balanced && slice_is(e.status, "complete")) {
		end_out->status = "complete";
		end_out->exit_status =
		    e.exit_status > 0 ? (int)e.exit_status : 0;
		end_out->reason = e.reason;
		return;
	}
	if (balanced) {
		if (slice_is(e.status, "deferred"))
			end_out->status = "deferred";
		end_out->exit_status = e.exit_status > EX_REFUSED
					   ? (int)e.exit_status
					   : EX_UNAVAILABLE;
		put_reason(&e, text);
	}
	end_out->reason = (struct slice){text->p + from, text->n - from};
}
