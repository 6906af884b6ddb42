/*
 * The ledger: how many records of each type a stage received, and what became
 * of them. The end record has one entry for each stage. It balances when
 *
 *	in = passed + used + refused	in every stage, for every type, and
 *	what a stage sent of the type that the next one takes, and every
 *	error, arrived there, or arrived broken and was refused by it.
 *
 * Anything else means that records were lost. More may arrive than was sent:
 * a jq between two stages may add to the stream.
 */
#ifndef SP_STREAM_LEDGER_H
#define SP_STREAM_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "stream/record.h"

#define LEDGER_REASONS_MAX 16
#define LEDGER_REASON_LEN 32

struct ledger {
	enum record_type takes; /* what the stage works on, or RECORD_OTHER */
	uint64_t in[RECORD_TYPES];
	uint64_t passed[RECORD_TYPES];
	uint64_t used[RECORD_TYPES]; /* received and made into others */
	uint64_t refused[RECORD_TYPES];
	uint64_t produced[RECORD_TYPES];

	/* Refusals by a short, fixed reason; the last place holds the rest. */
	struct {
		char name[LEDGER_REASON_LEN];
		uint64_t count;
	} reasons[LEDGER_REASONS_MAX];
};

/* Clear the counts; `takes` stays. */
void ledger_clear(struct ledger *);

/* Count n refusals of a type for a short reason like "bad row". */
void ledger_refuse(
    struct ledger *, enum record_type, const char *reason, uint64_t n);

/* Append a stage's entry, an object, to an end record in the making. */
bool ledger_put(const struct ledger *, const char *stage, struct buf *);

struct ledger_totals {
	uint64_t refused;  /* by all stages */
	uint64_t requests; /* the most that any stage saw */
	uint64_t captures;
	bool staged; /* sp-stage is among them */
};

/*
 * Check the `ledger` array of an end record, and add it up. False if it does
 * not balance: then `why` says which stage and what.
 */
bool ledger_check(struct slice array, struct buf *why, struct ledger_totals *);

#endif
