#include "store/ending.h"

#include <sysexits.h>

#include "stream/ledger.h"

#define EX_REFUSED 1 /* done, but records were refused */

/* What an end record says. */
struct ending {
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

static struct ending read_ending(const struct record *end, struct buf *text)
{
	struct ending e = {.exit_status = -1};

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
static bool names(struct slice reason, struct slice time)
{
	for (; reason.n >= time.n && time.n > 0; reason = slice_from(reason, 1))
		if (slice_starts(reason, time))
			return true;
	return false;
}

static void put_reason(const struct ending *e, struct buf *text)
{
	if (e->reason.p)
		buf_put_slice(text, e->reason);
	else
		buf_puts(text, "no reason was given");
	if (e->until.p && !(e->reason.p && names(e->reason, e->until))) {
		buf_puts(text, ", until ");
		buf_put_slice(text, e->until);
	}
}

void ending_judge(const struct record *end, struct slice ledger,
    struct store_run_end *how, struct buf *text)
{
	struct ledger_totals totals;
	struct ending e;
	size_t from;
	bool balanced;

	/* All the room first: what is decoded must stay where it is. */
	buf_room(text, text->max);
	e = read_ending(end, text);
	from = text->n;
	balanced = ledger_check(ledger, text, &totals);
	*how = (struct store_run_end){.status = "failed",
	    .exit_status = EX_DATAERR,
	    .ledger = ledger,
	    .has_counts = true,
	    .requests = totals.requests,
	    .captures = totals.captures,
	    .staged = totals.staged,
	    .refused = totals.refused};
	if (balanced && slice_is(e.status, "complete")) {
		how->status = "complete";
		how->exit_status = e.exit_status > 0 ? (int)e.exit_status : 0;
		how->reason = e.reason;
		return;
	}
	if (balanced) {
		if (slice_is(e.status, "deferred"))
			how->status = "deferred";
		how->exit_status = e.exit_status > EX_REFUSED
				       ? (int)e.exit_status
				       : EX_UNAVAILABLE;
		put_reason(&e, text);
	}
	how->reason = (struct slice){text->p + from, text->n - from};
}
