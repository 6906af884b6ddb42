/*
 * Rows listed on stdout: a table for people, and JSON records in a pipe. The
 * records have all columns, the table those of its layout that fit the window.
 * A column's name is the name of the member. One that ends in _json has JSON.
 */
#ifndef SP_CMD_LISTING_H
#define SP_CMD_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/slice.h"

enum listing_kind {
	LISTING_PLAIN,
	LISTING_TIME,	 /* UTC, shown as local time */
	LISTING_UNTIL,	 /* UTC, shown from now: in 66 min */
	LISTING_RUN,	 /* a run's id, shown by its end */
	LISTING_CAPTURE, /* likewise, with the seq in the next column */
	LISTING_NOTE,	 /* below its row if it does not fit into it */
};

struct listing_column {
	const char *name, *heading; /* the latter by default the name */
	enum listing_kind kind;
	int rank; /* when space is short the greatest goes; 0: never */
	int min;  /* the width to which it is cut first; 0: it is not */
};

#define LISTING_COLUMNS_MAX 16

/*
 * The columns of a table, in their order: those are shown that the rows have.
 */
struct listing_layout {
	const char *title; /* before the table, or NULL */
	const char *empty; /* instead of an empty table */
	struct listing_column columns[LISTING_COLUMNS_MAX];
};

struct listing_cell {
	size_t from, n; /* in listing.text */
	bool is_number;
};

struct listing {	/* private but for the next */
	int run_length; /* of the end of a run's id that is shown; 0: all */

	FILE *to;
	const char *type;
	const struct listing_layout *layout;
	const char *const *names;
	int columns;
	bool table;
	int column;	 /* of the next cell */
	struct buf text; /* of the record, or of all cells */
	struct listing_cell *cells;
	size_t count, room;
};

/* How to list: by itself a table on a terminal, records elsewhere. */
enum listing_form { LISTING_AUTO, LISTING_TABLE, LISTING_JSON };

/* Whether to print a table. */
bool listing_is_table(enum listing_form);

bool stdout_is_terminal(void);

/*
 * Begin a table, or records of a type. The names of the columns are borrowed
 * until listing_end, and so is the layout. Without one, the table has all
 * columns: the last are cut, and go, first.
 */
void listing_begin(struct listing *, const char *type, bool table,
    const struct listing_layout *, const char *const *names, int columns);

/* Begin a table without a layout on another file, which is borrowed, too. */
void listing_begin_on(
    struct listing *, FILE *to, const char *const *names, int columns);

/* Add the next cell of the row; text with p == NULL is null. */
void listing_text(struct listing *, struct slice);
void listing_int(struct listing *, int64_t);
void listing_count(struct listing *, int64_t); /* null if it is negative */

/*
 * Print the table, and release what the listing holds. False if a row was too
 * long. Errors of the file are found when it is closed.
 */
bool listing_end(struct listing *);

/* Print the rows as a table; for listing_end. */
void listing_print_table(const struct listing *);

#endif
