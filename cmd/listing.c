#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/json.h"
#include "store/db.h"
#include "table.h"

#define CELL_MAX 60  /* columns of a cell for people */
#define LAST_MAX 300 /* of the last in its row, which pushes none away */
#define COLUMNS_MAX 32

static bool is_json(sqlite3_stmt *stmt, int i)
{
	const char *name = sqlite3_column_name(stmt, i);
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, "_json") == 0;
}

static struct slice cell(sqlite3_stmt *stmt, int i)
{
	const char *text = (const char *)sqlite3_column_text(stmt, i);

	return (struct slice){
	    text ? text : "", (size_t)sqlite3_column_bytes(stmt, i)};
}

static int print_records(sqlite3_stmt *stmt, const char *type)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		buf_clear(&b);
		buf_putc(&b, '{');
		json_put_member(&b, "type", slice_of(type));
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *name = sqlite3_column_name(stmt, i);
			int kind = sqlite3_column_type(stmt, i);

			if (kind == SQLITE_NULL)
				json_put_member_raw(&b, name, SLICE("null"));
			else if (kind == SQLITE_INTEGER || is_json(stmt, i))
				json_put_member_raw(&b, name, cell(stmt, i));
			else
				json_put_member(&b, name, cell(stmt, i));
		}
		buf_puts(&b, "}\n");
		if (b.failed)
			rc = SQLITE_TOOBIG;
		else
			fwrite(b.p, 1, b.n, stdout);
		/* No failure of the statement's: met when stdout is closed. */
		if (ferror(stdout))
			rc = SQLITE_DONE;
		if (rc != SQLITE_ROW)
			break;
	}
	buf_release(&b);
	return rc;
}

/* Numbers stand right in their column. */
static void put_row(sqlite3_stmt *stmt, const int width[], int columns)
{
	bool first = true;

	for (int i = 0; i < columns; i++) {
		struct slice s = cell(stmt, i);
		bool number = sqlite3_column_type(stmt, i) == SQLITE_INTEGER;
		bool last = i == columns - 1;

		if (is_json(stmt, i))
			continue;
		fputs(first ? "" : "  ", stdout);
		first = false;
		for (int n = (int)s.n; number && n < width[i]; n++)
			putchar(' ');
		table_cell(s, number || last ? 0 : width[i],
		    last ? LAST_MAX : CELL_MAX);
	}
	putchar('\n');
}

static void put_heading(sqlite3_stmt *stmt, const int width[], int columns)
{
	bool first = true;

	for (int i = 0; i < columns; i++) {
		const char *name = sqlite3_column_name(stmt, i);

		if (is_json(stmt, i))
			continue;
		fputs(first ? "" : "  ", stdout);
		first = false;
		table_heading(name, i < columns - 1 ? width[i] : 0);
	}
	putchar('\n');
}

/* Runs the statement twice: once to measure the columns. */
static int print_table(sqlite3_stmt *stmt)
{
	int width[COLUMNS_MAX], columns = sqlite3_column_count(stmt), rc;

	if (columns > COLUMNS_MAX)
		columns = COLUMNS_MAX;
	for (int i = 0; i < columns; i++)
		width[i] = (int)strlen(sqlite3_column_name(stmt, i));
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		for (int i = 0; i < columns; i++) {
			int n = table_width(cell(stmt, i), CELL_MAX);

			width[i] = n > width[i] ? n : width[i];
		}
	if (rc != SQLITE_DONE)
		return rc;
	sqlite3_reset(stmt);
	put_heading(stmt, width, columns);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		put_row(stmt, width, columns);
	return rc;
}

int listing_print(sqlite3_stmt *stmt, const char *type, bool for_people)
{
	return for_people ? print_table(stmt) : print_records(stmt, type);
}
