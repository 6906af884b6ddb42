#include "receipt_table.h"

#include <stdbool.h>

#include "db/query.h"
#include "db/statements.h"
#include "listing.h"

#define COLUMNS_MAX 16
#define ALWAYS 6 /* columns that are there even if all of them are 0 */

/* Which columns of the query's rows to show; goes through all rows. */
static void find_columns(struct query *q, int columns, bool shown[])
{
	for (int i = 0; i < columns; i++)
		shown[i] = i < ALWAYS;
	while (query_step(q))
		for (int i = ALWAYS; i < columns; i++)
			shown[i] |= query_int(q, i) != 0;
	query_reset(q);
}

static void list_row(
    struct listing *l, struct query *q, int columns, const bool shown[])
{
	for (int i = 0; i < columns; i++) {
		if (!shown[i])
			continue;
		if (i < 2)
			listing_text(l, query_text(q, i));
		else
			listing_int(l, query_int(q, i));
	}
}

int receipt_table(sqlite3 *db, struct slice receipt, FILE *to)
{
	const char *names[COLUMNS_MAX];
	bool shown[COLUMNS_MAX];
	struct listing l;
	struct query q;
	int columns, count = 0;

	query_prepare(&q, db, &sql_receipt_lines);
	query_bind_text(&q, ":receipt", receipt);
	columns = sqlite3_column_count(q.stmt);
	find_columns(&q, columns, shown);
	for (int i = 0; i < columns; i++)
		if (shown[i])
			names[count++] = sqlite3_column_name(q.stmt, i);
	listing_begin_on(&l, to, names, count);
	while (query_step(&q))
		list_row(&l, &q, columns, shown);
	listing_end(&l);
	return query_finish(&q);
}
