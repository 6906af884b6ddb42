/*
 * The ledger: what each stage took in and what became of it, by type, kept
 * in the end record as one entry a stage. It balances when
 *
 *	in = passed + used + refused	in every stage, for every type, and
 *	what a stage sent out of the type that the next one works on arrived
 *	there, or arrived broken and was refused there as no record.
 *
 * Anything else means that records were lost between the stages.
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
	uint64_t in[RECORD_TYPES];
	uint64_t passed[RECORD_TYPES];
	uint64_t used[RECORD_TYPES];     /* taken in and made into others */
	uint64_t refused[RECORD_TYPES];
	uint64_t produced[RECORD_TYPES];

	/* Refusals by a short, fixed reason; the last place holds the rest. */
	struct {
		char name[LEDGER_REASON_LEN];
		uint64_t count;
	} reasons[LEDGER_REASONS_MAX];
};

void ledger_clear(struct ledger *);

/* Count n refusals of a type for a short reason like "bad row". */
void ledger_refuse(
    struct ledger *, enum record_type, const char *reason, uint64_t n);

/* Refused in all. */
uint64_t ledger_refused(const struct ledger *);

/* Append a stage's entry, an object, to an end record in the making. */
bool ledger_put(const struct ledger *, const char *stage, struct buf *);

/*
 * Check the `ledger` array of an end record. False if it does not balance:
 * then `why` says which stage and what. Sums of what all stages refused go
 * to *refused, and what the first stage that counted them sent or took in of
 * requests and captures to *requests and *captures; each may be NULL.
 */
bool ledger_check(struct slice array, struct buf *why, uint64_t *refused,
    uint64_t *requests, uint64_t *captures);

#endif
