/* Aligned columns for people, on stdout. */
#ifndef SP_CMD_TABLE_H
#define SP_CMD_TABLE_H

#include <stdbool.h>

#include "base/slice.h"

/* Whether stdout is a person's terminal. */
bool table_for_people(void);

/*
 * Print a cell, cut after `most` characters and filled up to `width` with
 * spaces. Characters, not bytes: what a terminal shows. Controls become '?'.
 */
void table_cell(struct slice, int width, int most);

/* How many characters that would be, without filling up. */
int table_width(struct slice, int most);

/* Print a heading out of a member's name, filled up to `width`. */
void table_heading(const char *name, int width);

#endif
