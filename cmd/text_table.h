/* Aligned columns for people, on stdout. */
#ifndef SP_CMD_TEXT_TABLE_H
#define SP_CMD_TEXT_TABLE_H

#include <stdbool.h>

#include "base/slice.h"

/* Whether stdout is a person's terminal. */
bool stdout_is_terminal(void);

/*
 * Print a cell, cut after `most` characters and filled up to `width` with
 * spaces. Characters, not bytes: what a terminal shows. Controls become '?'.
 */
void text_table_cell(struct slice, int width, int most);

/* How many characters that would be, without filling up. */
int text_table_width(struct slice, int most);

/* Print a heading out of a member's name, filled up to `width`. */
void text_table_heading(const char *name, int width);

#endif
