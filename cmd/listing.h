/*
 * Rows listed on stdout: aligned columns for people on a terminal, NDJSON in a
 * pipe. The columns' names are the members' names, or in capitals the headings;
 * a column whose name ends in _json is JSON already, and not shown to people.
 */
#ifndef SP_CMD_LISTING_H
#define SP_CMD_LISTING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "db/query.h"
#include "text_table.h"

struct listing_cell;

struct listing {
	const char *type; /* of the records */
	const char *const *names;
	int columns;
	bool for_people;
	int column; /* of the next cell */
	bool failed;
	struct buf text; /* of the record, or of all cells */
	struct listing_cell *cells;
	size_t count, room;
};

/*
 * Begin a listing of rows of such columns. The names are borrowed to its end.
 */
void listing_begin(struct listing *, const char *type, bool for_people,
    const char *const *names, int columns);

/* Add the next cell of a row, which ends with its last one; NULL is p == NULL.
 */
void listing_text(struct listing *, struct slice);
void listing_int(struct listing *, int64_t);

/*
 * Print what is still to be printed. False where a row was too long to be
 * listed; what became of stdout is met when it is closed.
 */
bool listing_end(struct listing *);

/* List every row of a query, which fails where one is too long. */
void listing_query(struct query *, const char *type, bool for_people);

/*
 * The same for a statement. SQLite's result code, SQLITE_DONE for success.
 */
int listing_print(sqlite3_stmt *, const char *type, bool for_people);

#endif
