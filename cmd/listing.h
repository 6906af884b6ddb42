/*
 * Rows listed on stdout: a table for people on a terminal, and JSON records in
 * a pipe. A column's name is the name of the member, and in capitals the
 * heading. A column whose name ends in _json has JSON, and is not in the table.
 */
#ifndef SP_CMD_LISTING_H
#define SP_CMD_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/slice.h"

struct listing_cell;

struct listing { /* private */
	FILE *to;
	const char *type;
	const char *const *names;
	int columns;
	bool table;
	int column;	 /* of the next cell */
	struct buf text; /* of the record, or of all cells */
	struct listing_cell *cells;
	size_t count, room;
};

/* Whether stdout is a terminal, so that a table is printed. */
bool stdout_is_terminal(void);

/*
 * Begin a table, or records of a type. The names of the columns are borrowed
 * until listing_end.
 */
void listing_begin(struct listing *, const char *type, bool table,
    const char *const *names, int columns);

/* Begin a table on another file, which is borrowed, too. */
void listing_begin_on(
    struct listing *, FILE *to, const char *const *names, int columns);

/* Add the next cell of the row; text with p == NULL is null. */
void listing_text(struct listing *, struct slice);
void listing_int(struct listing *, int64_t);

/*
 * Print the table, and release what the listing holds. False if a row was too
 * long. Errors of the file are found when it is closed.
 */
bool listing_end(struct listing *);

#endif
