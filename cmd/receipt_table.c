#include "receipt_table.h"

#include <stdbool.h>

#include "db/query.h"
#include "db/statements.h"
#include "listing.h"

/* Columns of the query: what a line is of, its ledger, and kinds of streams. */
#define NAMES 2
#define LEDGER_END 9
#define ALWAYS_END 7 /* of the ledger, shown even if all of them are 0 */
#define COLUMNS_MAX 16

/* Some of the columns, as a table that is not too wide. */
struct receipt_part {
	int from, to, always; /* the columns before `always` are shown */
	bool shown[COLUMNS_MAX];
	int count; /* of those that are shown */
};

/* Which columns of the query's rows to show; goes through all rows. */
static void find_columns(struct query *q, struct receipt_part *p)
{
	for (int i = p->from; i < p->to; i++)
		p->shown[i] = i < p->always;
	while (query_step(q))
		for (int i = p->from; i < p->to; i++)
			p->shown[i] |= query_int(q, i) != 0;
	query_reset(q);
	for (int i = p->from; i < p->to; i++)
		p->count += p->shown[i];
}

/* Whether the row has something to say in the columns that are shown. */
static bool has_values(struct query *q, const struct receipt_part *p)
{
	for (int i = p->from; i < p->to; i++)
		if (p->shown[i] && (i < p->always || query_int(q, i) != 0))
			return true;
	return false;
}

static void list_row(
    struct listing *l, struct query *q, const struct receipt_part *p)
{
	for (int i = 0; i < NAMES; i++)
		listing_text(l, query_text(q, i));
	for (int i = p->from; i < p->to; i++)
		if (p->shown[i])
			listing_int(l, query_int(q, i));
}

static void list_part(struct query *q, const struct receipt_part *p, FILE *to)
{
	const char *names[COLUMNS_MAX];
	struct listing l;
	int count = 0;

	for (int i = 0; i < p->to; i++)
		if (i < NAMES || (i >= p->from && p->shown[i]))
			names[count++] = sqlite3_column_name(q->stmt, i);
	listing_begin_on(&l, to, names, count);
	while (query_step(q))
		if (has_values(q, p))
			list_row(&l, q, p);
	listing_end(&l);
	query_reset(q);
}

int receipt_table(sqlite3 *db, struct slice receipt, FILE *to)
{
	struct receipt_part ledger = {
	    NAMES, LEDGER_END, ALWAYS_END, {false}, 0};
	struct receipt_part kinds = {
	    LEDGER_END, LEDGER_END, LEDGER_END, {false}, 0};
	struct query q;

	query_prepare(&q, db, &sql_receipt_lines);
	query_bind_text(&q, ":receipt", receipt);
	kinds.to = sqlite3_column_count(q.stmt);
	find_columns(&q, &ledger);
	list_part(&q, &ledger, to);
	find_columns(&q, &kinds);
	if (kinds.count > 0) {
		fputs("of which are:\n", to);
		list_part(&q, &kinds, to);
	}
	return query_finish(&q);
}
