/*
 * What a terminal is like: its width, what text takes of it, and how to erase
 * the line on which an earlier program of a pipeline may show its progress.
 */
#ifndef SP_CMD_TERMINAL_H
#define SP_CMD_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/out.h"
#include "base/slice.h"

/* Whether a file is a terminal that knows escape sequences: $TERM. */
bool terminal_has_escapes(int fd);

/* What erases the current line there: an escape sequence, or "". */
const char *terminal_erase(int fd);

/*
 * For a filter whose output may be shown on the terminal of the pipeline:
 * whatever it writes there erases the line first.
 */
void terminal_share(struct out *);

/*
 * The columns of a file: of the terminal's window, else $COLUMNS, else 80. Of
 * any other file $COLUMNS, else INT_MAX.
 */
int terminal_columns(int fd);

/*
 * The columns of a text: of its characters, 0 of one that combines with the one
 * before, 2 of a wide one, 1 of an invalid one.
 */
int terminal_width(struct slice);

/*
 * Print a text of one line in at most so many columns, with an ellipsis, or `~`
 * if the locale is not UTF-8, where it is cut, and with '?' for what controls a
 * terminal or is invalid. Returns its columns.
 */
int terminal_put(struct slice, int columns, FILE *to);

#endif
